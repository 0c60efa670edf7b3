import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { packRecords } from '../../../core/event/record.ts'
import { curatedFolder, dataIn, partialsFolder, rawFolder, staged } from '../../../core/lake/lake-paths.ts'
import type { DeliveredLines } from '../../../core/ports/ledger.ts'
import { query } from '../../../core/sql/query.ts'
import { createArrivals } from '../../../drivers/arrivals/arrivals.ts'
import type { FunctionLake } from '../../../drivers/compose/aws/function-lake.ts'
import { createAggregate } from '../../../steps/batch/aggregate.ts'
import { createRefine } from '../../../steps/batch/refine/refine.ts'
import { createDeliverRaw } from '../../../steps/deliver-raw.ts'
import { memoryCountedSince } from '../../counted-since.ts'
import { describeOnMinistack } from '../../engines/ministack.ts'
import { EPOCH, HORIZON, order, orders, pipelineOf, T0 } from '../../steps/batch/batch-kit.ts'
import { type Bucket, openBucket, openLake } from '../lake/s3/kit.ts'

describeOnMinistack('an arrival in S3', ['s3'], ministack => {
  let at: Bucket
  let opened: FunctionLake
  beforeEach(async () => {
    at = await openBucket(ministack)
    opened = await openLake(at)
  })
  afterEach(async () => {
    opened.close()
    await at.dispose()
  })

  let serial = 0
  /** A record of orders as the stream carries it. */
  function record(epoch: number, ids: readonly string[]): string {
    const accepted = ids.map((id, index) => {
      const data = { customer: 1, country: 'ch', amount: 10.25 }
      const event = {
        specversion: '1.0',
        id,
        source: '/test',
        type: order.type,
        time: '2026-11-01T00:00:00Z',
        data,
      }
      return { type: order.type, hash: 1, idHash: 0, time: T0, json: JSON.stringify(event), index }
    })
    const prefix = `${epoch + 1}-test00-${String(serial++).padStart(7, '0')}-`
    return packRecords(accepted, epoch, { first: 0, count: 8 }, prefix)[0]!.record.data
  }

  test('becomes curated rows without duplicates, and partials, each epoch against the ones before', async () => {
    const [first, second] = [record(T0, ['a', 'b', 'a']), record(T0, ['c'])]
    const next = record(T0 + EPOCH, ['a', 'd'])
    const arrived = Buffer.concat([gzipSync(first), gzipSync(next), gzipSync(first)])
    await at.objects.put('arrivals/2026/11/01/00/x.jsonl.gz', arrived)
    // A plain file beside it, as one machine writes them.
    await at.objects.put(`${rawFolder(order.type, T0)}/y.ndjson`, Buffer.from(second))
    const noted: DeliveredLines[] = []
    const deliver = createDeliverRaw({
      arrivals: createArrivals({ objects: at.objects, scratch: `${at.folder}/arrivals` }),
      ledger: { delivered: async (_, lines) => void noted.push(...lines) },
      published: async () => undefined,
      markDue: async () => undefined,
    })
    expect(await deliver(['arrivals/2026/11/01/00/x.jsonl.gz'])).toMatchObject({ lines: 8, unreadable: 0 })

    const pipeline = pipelineOf([orders], [order])
    const accepted: Record<number, number> = { [T0]: 4, [T0 + EPOCH]: 2 }
    const ledgerOf = (epoch: number) => ({
      epoch,
      accepted: { [order.type]: accepted[epoch]! },
      counts: 'at least' as const,
      closed: true,
      rawComplete: true,
      short: {},
      speedComplete: true,
    })
    const { lake, engine } = opened
    const ports = {
      pipeline,
      lake,
      engine,
      ledger: { epochs: async () => [], epoch: async (epoch: number) => ledgerOf(epoch) },
      epochLength: EPOCH,
      horizon: HORIZON,
      batch: { boundary: async () => undefined } as never,
      countedSince: memoryCountedSince(pipeline),
    }
    const refine = createRefine(ports)
    expect(await refine({ type: order.type, epoch: T0 })).toMatchObject({
      raw: 4,
      curated: 3,
      duplicates: 1,
      redelivered: 3,
    })
    expect(await refine({ type: order.type, epoch: T0 + EPOCH })).toMatchObject({ curated: 1, duplicates: 1 })
    // Again, as a retried task does it.
    expect(await refine({ type: order.type, epoch: T0 })).toMatchObject({ curated: 3 })
    expect(await lake.list(curatedFolder(order.type, T0))).toHaveLength(1)

    const metric = pipeline.metrics[0]!.id
    expect(await createAggregate(ports)({ metric, epoch: T0, mode: 'append' })).toMatchObject({
      partials: 1,
    })
    const parts = [dataIn(staged(partialsFolder(metric, T0)))]
    const partials = engine.dialect.scan([{ kind: 'staged-partials', metric, epoch: T0, parts }])
    const [row] = await engine.session(s => s.rows(query`SELECT count(*) AS n FROM ${partials} AS p`))
    expect(row).toEqual({ n: 1n })
    expect(noted).toHaveLength(2)
  })
})
