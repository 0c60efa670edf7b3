import { expect, test } from 'vitest'
import { checkedId, seenIds } from '../../core/declare/seen-ids.ts'
import { createNoteFirstSight } from '../../steps/note-first-sight.ts'
import { EPOCH, large, order, orders, pipelineOf, T0, visits } from './batch/batch-kit.ts'
import { contract, FIELDS, type } from './batch/undeclared-kit.ts'

const pipeline = pipelineOf([orders, large, visits])
const idOf = (name: string) => pipeline.metrics.find(metric => metric.name === name)!.id

function consumers(now: number, since: ReadonlyMap<string, number>, declared = pipeline) {
  let note = since
  let failures = 0
  return {
    note: () => note,
    failNext: () => void failures++,
    consumer: () =>
      createNoteFirstSight({
        pipeline: declared,
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

test('a consumer that could not note tries again before its next batch, and then no more', async () => {
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
