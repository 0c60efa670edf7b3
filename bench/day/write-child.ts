import { join } from 'node:path'
import { rawFolder } from '../../core/lake/lake-paths.ts'
import { createSender, type Day, epochOfHour, linesOf, TYPE, writeEpoch } from './events.ts'

/** `node write-child.ts LAKE EVENTS HOURS FROM TO`: writes hours FROM to before TO of a day, prints bytes. */
const [lake, ...numbers] = process.argv.slice(2)
const [events, hours, from, to] = numbers.map(Number) as [number, number, number, number]
const day: Day = { events, hours }
const sender = createSender(`s${String(from).padStart(2, '0')}`)
let bytes = 0
for (let hour = from; hour < to; hour++) {
  const epoch = epochOfHour(hour)
  const folder = join(lake!, rawFolder(TYPE, epoch))
  bytes += await writeEpoch(sender, { folder, epoch, lines: linesOf(day, hour) })
}
process.stdout.write(`${bytes}\n`)
