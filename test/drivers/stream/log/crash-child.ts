/** Writes to a log for ever and prints the numbers acknowledged, a put a line, until it is killed. */
import { writeSync } from 'node:fs'
import { openLog } from '../../../../drivers/stream/log/log.ts'
import { EPOCH_LENGTH, records } from './kit.ts'

const [dir, from] = process.argv.slice(2)
const log = await openLog({ dir: dir!, epochLength: EPOCH_LENGTH, segmentBytes: 20_000, minFreeBytes: 0 })
let next = Number(from)

async function writer(): Promise<void> {
  for (;;) {
    const first = next
    next += 5
    const epoch = Math.floor(Date.now() / EPOCH_LENGTH) * EPOCH_LENGTH
    const outcomes = await log.stream.put(records(first, first + 5, { epoch }))
    const stored = outcomes.flatMap(({ kind }, index) => (kind === 'stored' ? [first + index] : []))
    if (stored.length > 0) writeSync(1, `${stored.join(' ')}\n`)
  }
}

await Promise.all(Array.from({ length: 8 }, writer))
