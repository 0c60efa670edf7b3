import { expect, test } from 'vitest'
import { checkedId, seenIds } from '../../core/declare/changes/seen-ids.ts'
import { createNoteFirstSight } from '../../steps/note-first-sight.ts'
import { EPOCH, large, order, orders, pipelineOf, T0, visits } from './batch/batch-kit.ts'
import { contract, FIELDS, type } from './batch/undeclared-kit.ts'

const pipeline = pipelineOf([orders, large, visits])
const idOf = (name: string) => pipeline.metrics.find(metric => metric.name === name)!.id

function consumers(begun: number, since: ReadonlyMap<string, number>, declared = pipeline) {
  let now = begun
  let note = since
  let failures = 0
  return {
    note: () => note,
    pass: (ms: number) => {
      now += ms
    },
    failNext: () => void failures++,
    consumer: (own = declared) =>
      createNoteFirstSight({
        pipeline: own,
        change: async change => {
          if (failures-- > 0) throw new Error('the table does not answer')
          failures = 0
          note = change(note)
        },
        overlapMs: 900_000,
        epochLength: EPOCH,
        now: () => now,
      }),
  }
}

test('a consumer notes what none has counted yet: whole epochs begin when none of the version before is at work', async () => {
  const known = new Map([[idOf(orders.name), 0]])
  const early = consumers(T0 + 60_000, known)
  await early.consumer()()
  expect(early.note().get(idOf(orders.name))).toBe(0)
  expect(early.note().get(idOf(large.name))).toBe(T0 + EPOCH)
  expect(early.note().get(`tally.${order.type}`)).toBe(T0 + EPOCH)
  const late = consumers(T0 + EPOCH - 60_000, known)
  await late.consumer()()
  expect(late.note().get(idOf(large.name))).toBe(T0 + 2 * EPOCH)
})

test('a further consumer of the same pipeline changes nothing', async () => {
  const all = consumers(T0, new Map())
  await all.consumer()()
  const noted = all.note()
  await all.consumer()()
  expect(all.note()).toEqual(noted)
})

test('a consumer that could not note tries again before its next batch, and then not for a minute', async () => {
  const all = consumers(T0, new Map())
  all.failNext()
  const begin = all.consumer()
  await expect(begin()).rejects.toThrow('does not answer')
  await begin()
  const noted = all.note()
  await begin()
  expect([...noted.keys()].sort()).toEqual([...seenIds(pipeline)].sort())
  expect(all.note()).toBe(noted)
})

test('a field that was declared no more for a while is checked anew from the next epoch on', async () => {
  const declared = pipelineOf([], [contract(1, FIELDS)])
  const id = checkedId(declared.latest.get(type)!)
  const before = consumers(T0, new Map([[id, 0]]), declared)
  await before.consumer()()
  expect(before.note().get(id)).toBe(0)
  const between = consumers(T0, before.note(), pipelineOf([], [contract(1, {})]))
  await between.consumer()()
  const after = consumers(T0, between.note(), declared)
  await after.consumer()()
  expect(after.note().get(id)).toBe(T0 + EPOCH)
})

test('what only a version declared that was taken back is forgotten by the one that works on, and begins anew', async () => {
  const all = consumers(T0 + 60_000, new Map())
  const before = all.consumer(pipelineOf([orders]))
  await before()
  const newer = all.consumer(pipelineOf([orders, large]))
  await newer()
  expect(all.note().get(idOf(large.name))).toBe(T0 + EPOCH)
  const kept = all.note().get(idOf(orders.name))
  all.pass(60_000)
  await before()
  expect(all.note().has(idOf(large.name))).toBe(false)
  all.pass(EPOCH)
  await all.consumer(pipelineOf([orders, large]))()
  expect(all.note().get(idOf(large.name))).toBe(T0 + 2 * EPOCH)
  expect(all.note().get(idOf(orders.name))).toBe(kept)
})

test('while two versions take batches side by side, what the newer declares is noted, later each time', async () => {
  const all = consumers(T0, new Map())
  const [older, newer] = [all.consumer(pipelineOf([orders])), all.consumer(pipelineOf([orders, large]))]
  const firstWhole: number[] = []
  for (let minute = 0; minute < 120; minute += 1) {
    await older()
    await newer()
    firstWhole.push(all.note().get(idOf(large.name))!)
    all.pass(60_000)
  }
  expect(firstWhole).toEqual(firstWhole.toSorted((a, b) => a - b))
  expect(firstWhole.at(-1)).toBeGreaterThan(T0 + 120 * 60_000)
})

test('a consumer that cannot note again works on', async () => {
  const all = consumers(T0, new Map())
  const begin = all.consumer()
  await begin()
  all.pass(60_000)
  all.failNext()
  const noted = all.note()
  await begin()
  expect(all.note()).toBe(noted)
})
