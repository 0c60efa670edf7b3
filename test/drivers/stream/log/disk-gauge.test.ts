import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { machineFiles } from '../../../../drivers/files/durable.ts'
import { DiskGauge } from '../../../../drivers/stream/log/disk-gauge.ts'

const MIN_FREE = 5e8
/** Two looks, and time to spare on a busy machine. */
const A_LITTLE_MS = 2_500

let gauge: DiskGauge | undefined
afterEach(() => gauge?.close())

test('an answer rests on a look of the last seconds, however long nobody has asked', async () => {
  let free = 1e12
  const files = { ...machineFiles, freeBytes: async () => free }
  gauge = new DiskGauge({ dir: '.', minFreeBytes: MIN_FREE, files, report: () => undefined })
  await gauge.check()
  expect(gauge.refusal()).toBeUndefined()
  free = 0
  await sleep(A_LITTLE_MS)
  expect(gauge.refusal()?.reason).toBe('disk_full')
  free = 1e12
  await sleep(A_LITTLE_MS)
  expect(gauge.refusal()).toBeUndefined()
})

test('a file system that hangs is asked once, not once a second', async () => {
  let asked = 0
  const freeBytes = () => {
    asked += 1
    return new Promise<number>(() => undefined)
  }
  const files = { ...machineFiles, freeBytes }
  gauge = new DiskGauge({ dir: '.', minFreeBytes: MIN_FREE, files, report: () => undefined })
  void gauge.check()
  await sleep(A_LITTLE_MS)
  expect(asked).toBe(1)
})
