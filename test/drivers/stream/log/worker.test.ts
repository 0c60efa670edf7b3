import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { committedEnd, position } from '../../../../drivers/stream/log/shared.ts'
import { LogKit, records } from './kit.ts'

let kit: LogKit
beforeEach(() => {
  kit = new LogKit()
})
afterEach(() => kit.clear())

test('a worker reads what the main thread writes, in order, and reports how far it has got', async () => {
  const dir = await kit.dir()
  const log = await kit.open(dir, { segmentBytes: 5_000 })
  const worker = new Worker(new URL('worker.ts', import.meta.url), {
    workerData: { dir, shared: log.shared, until: 600 },
    execArgv: [],
  })
  const done = once(worker, 'message')
  for (let n = 0; n < 600; n += 6) await log.stream.put(records(n, n + 6))
  const [numbers] = await done
  expect(numbers).toEqual(Array.from({ length: 600 }, (_, n) => n))
  expect(position(log.shared, 'speed')).toBe(committedEnd(log.shared))
  await worker.terminate()
})
