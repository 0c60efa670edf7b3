import fc from 'fast-check'
import { expect, test } from 'vitest'
import { restate } from '../../../steps/models/model-marks.ts'
import { modelRows } from '../../../steps/models/model-sources.ts'
import { createWorld, EPOCH, iso, order, pipelineOf, T0, visit } from '../batch/batch-kit.ts'
import { portsOf, runBackfill, runBatch } from '../batch/batch-run.ts'
import { historyOfRows, type Observation } from './naive.ts'
import { MODELS } from './sample.ts'

const EPOCHS = 5
const minute = fc.integer({ min: 0, max: EPOCHS * 60 - 1 })

/** What comes in an epoch: rows of its own time, and late ones of any time before its end. */
const scenario = fc.record({
  observations: fc.array(
    fc.record({
      ...{ epoch: fc.integer({ min: 0, max: EPOCHS - 1 }), at: minute },
      ...{
        customer: fc.integer({ min: 1, max: 2 }),
        country: fc.constantFrom('AT', 'DE', null),
        isGone: fc.boolean(),
      },
      /** Raw data that comes after its epoch was published, and is backfilled. */
      isCorrection: fc.boolean(),
    }),
    { minLength: 1, maxLength: 14 },
  ),
  visits: fc.array(
    fc.record({
      epoch: fc.integer({ min: 0, max: EPOCHS - 1 }),
      at: minute,
      page: fc.constantFrom('1', '2', '3'),
    }),
    { minLength: 1, maxLength: 8 },
  ),
  restatedSince: fc.integer({ min: 0, max: EPOCHS }),
})

// Several runs of a whole batch layer each: few, but each of many kinds of change.
test('histories and increments are what they are when all of it is computed at once', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async ({ observations, visits, restatedSince }) => {
      const pipeline = pipelineOf([], undefined, MODELS)
      const world = await createWorld(pipeline)
      try {
        const ports = portsOf(world, pipeline)
        const sent: Observation[] = []
        const inTime = (epoch: number, at: number) => Math.min(at, epoch * 60 + 59)
        const send = async (epoch: number, isCorrection: boolean) => {
          for (const [i, one] of observations.entries()) {
            if (one.epoch !== epoch || one.isCorrection !== isCorrection) continue
            const at = T0 + inTime(epoch, one.at) * 60_000 + i
            const data = { customer: one.customer, country: one.country, amount: one.isGone ? null : 1 }
            await world.send(T0 + epoch * EPOCH, [{ type: order.type, id: `o${i}`, time: iso(at), data }])
            sent.push({ ...one, at })
          }
        }
        for (let epoch = 0; epoch < EPOCHS; epoch++) {
          await send(epoch, false)
          const own = visits.flatMap((each, i) => (each.epoch === epoch ? [{ ...each, id: `v${i}` }] : []))
          const events = own.map(({ id, at, page }) => ({
            type: visit.type,
            id,
            time: iso(T0 + inTime(epoch, at) * 60_000 + 500),
            data: { page },
          }))
          if (events.length > 0) await world.send(T0 + epoch * EPOCH, events)
          world.clock = T0 + (epoch + 1) * EPOCH
          await runBatch(ports, `run-${epoch}`)
        }
        for (let epoch = 0; epoch < EPOCHS; epoch++) await send(epoch, true)
        await runBackfill(ports, { from: iso(T0), to: iso(T0 + EPOCHS * EPOCH) })
        await runBatch(ports, 'last')

        const rowsOf = async (name: string, by: string) => {
          const rows = await modelRows(ports, pipeline.models.find(each => each.name === name)!)
          return world.engine.session(session =>
            session.rows({ ...rows, sql: `SELECT * FROM ${rows.sql} AS r ORDER BY ${by}` }),
          )
        }
        const history = historyOfRows(sent)
        const shown = (await rowsOf('customer_country', 'customer, valid_from')).map(row => ({
          ...{ customer: Number(row['customer']), country: row['country'] },
          ...{
            from: Number(row['valid_from']),
            to: row['valid_to'] === null ? null : Number(row['valid_to']),
          },
        }))
        expect(shown).toEqual(history)
        const expected = visits.map((each, i) => {
          const at = T0 + inTime(each.epoch, each.at) * 60_000 + 500
          const as = history.find(
            h => String(h.customer) === each.page && h.from <= at && (h.to === null || h.to > at),
          )
          const before = sent.filter(
            o =>
              String(o.customer) === each.page &&
              o.at <= at &&
              o.at > at - 3_600_000 &&
              Math.abs(o.epoch - each.epoch) <= 2,
          )
          return {
            event_id: `v${i}`,
            country: as?.country ?? null,
            orders_before: before.length === 0 ? null : BigInt(before.length),
          }
        })
        const seen = async () =>
          (await rowsOf('visit_enriched', 'length(event_id), event_id')).map(
            ({ event_id, country, orders_before }) => ({ event_id, country, orders_before }),
          )
        expect(await seen()).toEqual(expected)
        for (const model of pipeline.models)
          if (model.header.kind !== 'view') await restate(world.lake, model, T0 + restatedSince * EPOCH)
        await runBatch(ports, 'restated')
        expect(await seen()).toEqual(expected)
      } finally {
        await world.dispose()
      }
    }),
    { numRuns: Number(process.env['MODEL_RUNS'] ?? 2) },
  )
}, 120_000)
