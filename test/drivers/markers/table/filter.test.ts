import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import {
  addToBlock,
  blockHas,
  blockOf,
  createFilter,
  FILTER_BLOCK_WORDS,
} from '../../../../drivers/markers/table/filter.ts'

const KEYS = 100_000

test('a full filter has every key that was added and about one in two hundred of the others', () => {
  const filter = createFilter(KEYS)
  const blocks = filter.length / FILTER_BLOCK_WORDS
  const random = () => new Int32Array(new Uint8Array(randomBytes(16 * KEYS)).buffer)
  const added = random()
  for (let at = 0; at < added.length; at += 4) {
    addToBlock(filter, blockOf(added, at, blocks) * FILTER_BLOCK_WORDS, added, at)
  }
  const count = (keys: Int32Array) => {
    let found = 0
    for (let at = 0; at < keys.length; at += 4) {
      const key = keys.subarray(at, at + 4)
      if (blockHas(filter, blockOf(key, 0, blocks) * FILTER_BLOCK_WORDS, key)) found++
    }
    return found
  }
  expect(count(added)).toBe(KEYS)
  expect(count(random()) / KEYS).toBeLessThan(0.0065)
})
