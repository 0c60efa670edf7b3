import { expect } from 'vitest'
import { tallyId } from '../../core/cells/tally.ts'
import type { Metric } from '../../core/declare/metric-plan.ts'
import type { RealTimeViews } from '../../core/ports/views.ts'
import { createQueryMetric, type MetricQuery } from '../../steps/query-metric.ts'
import { CLOCK } from '../arbitraries.ts'
import { type Expected, expectedPartials, expectedTally, judge } from '../oracle.ts'
import { answerOf, cellsByKey, expectedByKey, rowsOf } from './compare.ts'
import type { Stage } from './platform-batch.ts'
import type { PlatformWorld } from './platform-world.ts'
import { receivedOf } from './received-log.ts'

const ALL = { from: undefined, to: undefined, groups: undefined, limit: 1_000_000 } as const

/** Compares what a world answers with the reference. */
export function createPlatformCheck(world: PlatformWorld) {
  const { declared, log, batch, holds, views } = world
  const judged = judge(receivedOf(log), CLOCK)
  const events = log.map(({ count }) => count)
  const declarationOf = (metric: Metric) => declared.metrics.find(each => each.name === metric.name)!
  const types = new Set(judged.map(({ event }) => event.type))
  /** Of a type without events there is nothing to compare, step by step. */
  const metrics = declared.pipeline.metrics.filter(({ type }) => types.has(type))
  const known = new Map<string, readonly Expected[]>()

  /** Partials of the first records and of every epoch through a boundary. */
  function expected(metric: Metric, records: number, through: number): readonly Expected[] {
    const key = `${metric.name} ${records} ${through}`
    const found = known.get(key)
    if (found !== undefined) return found
    const applied = events.slice(0, records).reduce((sum, count) => sum + count, 0)
    const wanted = judged.filter(({ epoch }, index) => index < applied || epoch <= through)
    const partials = expectedPartials(wanted, declarationOf(metric), declared.contracts)
    known.set(key, partials)
    return partials
  }

  const boundaryOf = async (metric: Metric) => (await batch.boundary(metric.id))?.epoch ?? -Infinity

  const queryOver = (realTimeViews: Pick<RealTimeViews, 'query'>) =>
    createQueryMetric({
      pipeline: declared.pipeline,
      batchViews: batch,
      holds,
      countedSince: world.countedSince,
      readPast: undefined,
      epochLength: CLOCK.epochLength,
      realTimeViews,
      speedLag: async () => 0,
      now: world.now,
    })
  const query = queryOver(views)
  const everything = (metric: Metric, layer: MetricQuery['layer']): MetricQuery => ({
    name: metric.name,
    where: {},
    layer,
  })

  async function mergedAnswers(): Promise<void> {
    for (const metric of metrics) {
      const { rows } = await query(everything(metric, 'merged'))
      const wanted = expected(metric, world.applied(), await boundaryOf(metric))
      expect(answerOf(rows), metric.name).toEqual(answerOf(rowsOf(wanted)))
    }
  }

  return {
    mergedAnswers,

    /** Both layers' cells: batch views through the boundary, real-time views after it. */
    async cells(): Promise<void> {
      for (const metric of metrics) {
        const { boundary, partials } = await batch.query({ metric: metric.id, ...ALL })
        const through = boundary?.epoch ?? -Infinity
        expect(cellsByKey(metric, partials), metric.name).toEqual(expectedByKey(expected(metric, 0, through)))
        const { rows } = await query(everything(metric, 'batch'))
        expect(answerOf(rows), metric.name).toEqual(answerOf(rowsOf(expected(metric, 0, through))))
        const recent = await views.query({ metric: metric.id, ...ALL, after: boundary?.epoch })
        const applied = judged.slice(
          0,
          events.slice(0, world.applied()).reduce((a, b) => a + b, 0),
        )
        expect(cellsByKey(metric, recent), metric.name).toEqual(
          expectedByKey(
            expectedPartials(applied, declarationOf(metric), declared.contracts, epoch => epoch > through),
          ),
        )
      }
    },

    /**
     * A query of every metric that has read the batch views when this returns and reads the real-time views
     * when it is ended.
     */
    beginSlowQueries() {
      let go: () => void = () => undefined
      const gate = new Promise<void>(resolve => {
        go = resolve
      })
      const slow = queryOver({ query: async range => gate.then(() => views.query(range)) })
      const answers = metrics.map(metric => slow(everything(metric, 'merged')))
      const settled = Promise.allSettled(answers)
      return async (): Promise<void> => {
        go()
        await settled
        for (const [i, metric] of metrics.entries()) {
          const wanted = expected(metric, world.applied(), await boundaryOf(metric))
          expect(answerOf((await answers[i]!).rows), metric.name).toEqual(answerOf(rowsOf(wanted)))
        }
      }
    },

    /**
     * accepted = raw = curated + duplicates = received, partial by partial speed = batch, and all of it as
     * the reference says.
     */
    reconciled({ mode, metrics: ids, reconciliation }: Stage & { readonly kind: 'reconciled' }): void {
      const { epoch } = reconciliation
      const isAppend = mode === 'append'
      expect(reconciliation, `reconciliation of ${epoch}`).toMatchObject({ ok: true })
      for (const [type, numbers] of Object.entries(reconciliation.types)) {
        const { received, counted } = expectedTally(judged, type, epoch)
        expect(numbers, type).toMatchObject({
          ...{ accepted: received, raw: received, curated: counted, duplicates: received - counted },
          // Of an epoch published before, the speed layer may have forgotten all.
          ...((isAppend || numbers.received !== null) && { received, counted }),
        })
      }
      for (const id of ids) {
        const metric = declared.pipeline.metrics.find(each => each.id === id)!
        const partials = expectedPartials(
          judged,
          declarationOf(metric),
          declared.contracts,
          each => each === epoch,
        )
        expect(reconciliation.metrics[id], metric.name).toEqual(
          isAppend ? { compared: partials.length, different: 0, mismatches: [] } : 'not kept any more',
        )
      }
    },

    /** Every epoch is published and no real-time item is left. */
    async published(): Promise<void> {
      for (const metric of declared.pipeline.metrics) {
        expect(await boundaryOf(metric), metric.name).toBeGreaterThanOrEqual(world.epochs.at(-1)!)
        expect(await views.query({ metric: metric.id, ...ALL, after: undefined })).toEqual([])
      }
      for (const type of declared.pipeline.latest.keys())
        for (const epoch of world.epochs)
          expect((await views.epoch({ metric: tallyId(type), epoch, keys: [] })).total).toBe(0)
    },
  }
}

export type PlatformCheck = ReturnType<typeof createPlatformCheck>
