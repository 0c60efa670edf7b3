import { expect, test } from 'vitest'
import { costsAfter } from '../../bench/years/measure.ts'

/**
 * `npm run bench:years` in small: after five times as many epochs no kind of work asks for more. By calls and
 * bytes, which are the same however busy a machine is.
 */
const [FEW, MANY] = [200, 1000]
const GROWTH = 1.1
/** A list of manifests is longer by one where there are twice as many of them. */
const GROWTH_OF_BYTES = 1.25

/** It reads all there is, and comes the more seldom the more that is: see remove-orphans.test.ts. */
const READS_ALL = 'look for orphans'

test('after five times as many epochs no work asks for more', { timeout: 240_000 }, async () => {
  const [few, many] = [await costsAfter(FEW, 2), await costsAfter(MANY, 2)]
  expect(many.map(({ name }) => name)).toEqual(few.map(({ name }) => name))
  for (const [i, { name, asked }] of many.entries()) {
    const before = few[i]!.asked
    expect(asked.calls, name).toBeLessThanOrEqual(before.calls * GROWTH)
    if (name !== READS_ALL)
      expect(asked.read + asked.written, name).toBeLessThanOrEqual(
        (before.read + before.written) * GROWTH_OF_BYTES,
      )
  }
  const worked = many.filter(({ asked }) => asked.calls > 0).map(({ name }) => name)
  expect(worked).toEqual(expect.arrayContaining(['plan of an epoch', 'commit of an epoch', READS_ALL]))
})
