import { describe, expect, test } from 'vitest'
import { type Field, fieldsOf } from '../../../core/data/fields.ts'

import { compilePartitionHash, partitionOf } from '../../../core/event/partition.ts'

const fields = fieldsOf(
  {
    type: 'object',
    properties: {
      id: { type: 'integer' },
      name: { type: ['string', 'null'] },
      at: { type: 'object', properties: { x: { type: 'number' } } },
    },
  },
  6,
)
const by = (...names: string[]) => fields.filter(({ name }) => names.includes(name))

const compilePartition = (by: readonly Field[], count: number, first = 0) => {
  const hashOf = compilePartitionHash(by)
  return (data: Record<string, unknown>) => partitionOf(hashOf(data), { first, count })
}

describe('the partition of an event', () => {
  test.each<[string, string[], (i: number) => Record<string, unknown>]>([
    ['consecutive integers', ['id'], i => ({ id: i })],
    ['integers in steps of 100', ['id'], i => ({ id: i * 100 })],
    ['names', ['name'], i => ({ name: `user-${i}` })],
    ['pairs', ['id', 'name'], i => ({ id: i % 50, name: String(Math.floor(i / 50)) })],
    ['nested decimals', ['at.x'], i => ({ at: { x: i / 1000 } })],
  ])('spreads %s evenly over 100 partitions', (_what, names, dataOf) => {
    const partitionOf = compilePartition(by(...names), 100)
    const counts = new Array<number>(100).fill(0)
    for (let i = 0; i < 50_000; i++) counts[partitionOf(dataOf(i))]! += 1
    expect(Math.min(...counts)).toBeGreaterThan(375)
    expect(Math.max(...counts)).toBeLessThan(625)
  })

  // Recorded once: a partition that changes breaks the order of events already in the stream.
  test.each([
    [{ id: 0 }, 100, 24],
    [{ id: 1 }, 100, 52],
    [{ id: 2 ** 53 - 1 }, 100, 6],
    [{ id: -5, name: 'ü😀' }, 100, 0],
    [{ id: 7, name: null }, 16, 6],
    [{}, 100, 4],
  ])('of %j among %i never changes', (data, partitions, partition) => {
    expect(compilePartition(by('id', 'name'), partitions)(data)).toBe(partition)
  })

  test('depends on the values of the partition fields and on nothing else', () => {
    const partitionOf = compilePartition(by('id'), 1_000_003)
    expect(partitionOf({ id: 5, name: 'a' })).toBe(partitionOf({ name: 'b', id: 5 }))
    expect(partitionOf({ id: -0 })).toBe(partitionOf({ id: 0 }))
    expect(new Set([{}, { id: null }, { id: 0 }].map(partitionOf)).size).toBe(3)
  })

  test('of one is always 0', () => {
    expect(compilePartition(by('id'), 1)({ id: 12 })).toBe(0)
  })
})
