/** Follows a log until `until` entries have come and posts their numbers. */
import { parentPort, workerData } from 'node:worker_threads'
import { openLogReader } from '../../../../drivers/stream/log/reader.ts'
import { advance } from '../../../../drivers/stream/log/shared.ts'

const { dir, shared, until } = workerData
const reader = openLogReader(dir, shared)
const numbers: number[] = []
// A wait alone does not keep a thread alive; a pump has its messages from the main thread for that.
parentPort?.on('message', () => {})
let from = 0
while (numbers.length < until) {
  if (!(await reader.wait(from, 1_000))) continue
  const entries = reader.read(from, 10_000)
  numbers.push(...entries.map(({ data }) => JSON.parse(data.toString()).n))
  from = entries.at(-1)?.next ?? from
  advance(shared, 'speed', from)
}
reader.close()
parentPort?.postMessage(numbers)
