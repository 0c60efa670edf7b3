import { expect, test } from 'vitest'
import { createProcessorShare } from '../../../local/batch/processor-share.ts'

test('tells the share of the cores that was used since the last look a second ago or more', () => {
  let [time, used] = [0, 0]
  const share = createProcessorShare({ now: () => time, usedMicros: () => used, cores: 2 })
  expect(share()).toBe(1)
  time = 4000
  used = 2_000_000
  expect(share()).toBe(0.25)
  time = 4500
  used = 3_000_000
  expect(share()).toBe(0.25)
  time = 6000
  used = 6_000_000
  expect(share()).toBe(1)
})
