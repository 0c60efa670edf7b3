import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { padSequence } from '../../core/data/position.ts'
import { metricShapes } from '../../core/declare/metric-kinds.ts'
import { compileAcceptor } from '../../core/event/accept.ts'
import { hashKey } from '../../drivers/stream/kinesis/entry.ts'
import { createAjvValidators } from '../../drivers/validators/ajv.ts'
import { createMemoryViews } from '../../drivers/views/memory/memory.ts'
import { createIngest } from '../../steps/ingest.ts'
import { createPartitions } from '../../steps/partitions.ts'
import { CLOCK, sampleDraft, toEvent } from '../arbitraries.ts'
import { type Declared, loadDeclared, SAMPLE } from '../declared.ts'
import { memoryPartitioningRecord } from '../partitioning-record.ts'
import { expectExact } from './compare.ts'
import { createRandom, faultyPorts, remotely } from './faulty-ports.ts'
import { mappedMarkers } from './mapped-markers.ts'
import type { LoggedRecord } from './received-log.ts'
import { scenarios } from './scenario.ts'
import { deliver, type Shard } from './shard.ts'

/**
 * A stream as Kinesis has it: shards share the hash keys between them, and the sequence numbers of two shards
 * say nothing about each other.
 */
function kinesis(random: () => number, count: number) {
  const shards = Array.from({ length: count }, () => ({
    records: [] as LoggedRecord[],
    next: 0,
    sequence: BigInt(Math.floor(random() * 1e12)),
  }))
  const shardOf = (key: string) => shards[Number((BigInt(key) * BigInt(count)) / 2n ** 128n)]!
  return { shards, shardOf }
}

/** A new container is told so many partitions; it takes requests from one of three places. */
const deployments = fc.array(
  fc.record({ before: fc.nat(8), place: fc.nat(2), count: fc.integer({ min: 1, max: 12 }) }),
  { maxLength: 6 },
)

describe('the speed layer, where the number of partitions changes', async () => {
  const declared: Declared = await loadDeclared(SAMPLE)
  const { pipeline } = declared
  const accept = compileAcceptor(pipeline, createAjvValidators())

  test('equals the reference whatever the numbers, the shards, deliveries, redeliveries and crashes', async () => {
    const arbitrary = fc.record({
      scenario: scenarios(sampleDraft, 3),
      deployments,
      shards: fc.integer({ min: 1, max: 9 }),
    })
    const property = fc.asyncProperty(arbitrary, async ({ scenario, deployments, shards: count }) => {
      const random = createRandom(scenario.seed)
      const { shards, shardOf } = kinesis(random, count)
      const record = memoryPartitioningRecord()
      const log: LoggedRecord[] = []
      let now: number = CLOCK.start
      let containers = 0
      const container = (partitions: number) => {
        const known = createPartitions({
          ...{ record, partitions, epochLength: CLOCK.epochLength },
          ...{ now: () => now, onFewer: () => undefined },
        })
        const ingest = createIngest({
          ...{ accept, now: () => now, epochLength: CLOCK.epochLength, process: `test${containers++}` },
          partitionsAt: known.at,
          rejected: { put: () => Promise.reject(new Error('an arbitrary event was rejected')) },
          stream: {
            put: async records => {
              for (const each of records) {
                const shard = shardOf(hashKey(each.partition, known.spreadOf(each.partition)!))
                shard.sequence += 1n + BigInt(Math.floor(random() * 1e6))
                const logged = { ...each, sequence: padSequence(String(shard.sequence)) }
                shard.records.push(logged)
                log.push(logged)
              }
              return records.map(() => ({ kind: 'stored' as const }))
            },
          },
        })
        return { known, ingest }
      }
      const places = [container(3), container(3), container(3)]
      for (const [i, { wait, drafts }] of scenario.requests.entries()) {
        now += wait
        for (const { before, place, count } of deployments) if (before === i) places[place] = container(count)
        const { known, ingest } = places[i % places.length]!
        await known.ready()
        // Copies of an id on two shards may be read in any order, and no reference could say which counts.
        const { first } = known.at(Math.floor(now / CLOCK.epochLength) * CLOCK.epochLength)
        const events = drafts.map(draft => toEvent({ ...draft, id: `${draft.id} of ${first}` }))
        await ingest(JSON.parse(JSON.stringify(events)) as unknown[])
      }
      const partitionsOf = (epoch: number) =>
        log.filter(each => each.epoch === epoch).map(({ partition }) => partition)
      const spreads = record.now()!.partitioning.spreads
      for (const epoch of new Set(log.map(each => each.epoch))) {
        const { first, count } = spreads.findLast(({ from }) => from <= epoch)!
        for (const partition of partitionsOf(epoch)) {
          expect(partition).toBeGreaterThanOrEqual(first)
          expect(partition).toBeLessThan(first + count)
        }
      }
      await expectExact(declared, await consumed(declared, shards, random), log)
    })
    await fc.assert(property, { numRuns: 300 })
  }, 60_000)

  test('more shards than there were partitions are all used once the partitions have grown', async () => {
    const { shards, shardOf } = kinesis(() => 0.5, 8)
    const used = (count: number) =>
      new Set(Array.from({ length: count }, (_, p) => shardOf(hashKey(p, { first: 0, count })))).size
    expect(shards).toHaveLength(8)
    expect([used(4), used(8), used(16)]).toEqual([4, 8, 8])
  })
})

/** Every shard is read in its order, batches in any order of shards, some of them twice or cut off. */
async function consumed({ pipeline }: Declared, shards: readonly Shard[], random: () => number) {
  const views = createMemoryViews(metricShapes(pipeline))
  const markers = mappedMarkers(CLOCK.horizon * CLOCK.epochLength)
  const crash = () => (random() < 0.3 ? Math.floor(random() * 10) : undefined)
  for (;;) {
    const open = shards.filter(({ next, records }) => next < records.length)
    if (open.length === 0) return views
    const shard = open[Math.floor(random() * open.length)]!
    const to = Math.min(shard.records.length, shard.next + 1 + Math.floor(random() * 4))
    const ports = faultyPorts({ markers, views: remotely(views) }, random, crash())
    if (await deliver(shard, shard.next, to, { pipeline, ...ports })) shard.next = to
    if (random() < 0.3) shard.next = Math.max(0, shard.next - Math.floor(random() * 3))
  }
}
