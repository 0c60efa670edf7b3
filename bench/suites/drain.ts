import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { receiptPrefix } from '../../core/event/receipt.ts'
import { packRecords } from '../../core/event/record.ts'
import { type Log, openLog } from '../../drivers/stream/log/log.ts'
import { committedEnd, position } from '../../drivers/stream/log/shared.ts'
import { newLaneWords } from '../../local/stream/lanes/lane-words.ts'
import { openStreamThread } from '../../local/stream/stream-thread.ts'
import { ID, trip, writeId } from './trip-events.ts'

/**
 * How fast the speed layer catches up with a log that lies ready, while raw delivery reads it too and nothing
 * comes in: `node bench/suites/drain.ts <events> <lanes>` prints events/s and processor seconds as JSON.
 */
const [events = 500_000, lanes = 1] = process.argv.slice(2).map(Number)
const EPOCH = 3_600_000
const PER_REQUEST = 100
const PARTITIONS = 100
const pipeline = join(import.meta.dirname, '..', 'pipeline')

const data = await mkdtemp(join(tmpdir(), 'tributary-drain-'))
const unbounded = { maxLagBytes: Number.MAX_SAFE_INTEGER, retentionBytes: Number.MAX_SAFE_INTEGER }
const log = await openLog({ dir: join(data, 'log'), epochLength: EPOCH, ...unbounded })
await fill(log)
const cpu = process.cpuUsage()
const begun = performance.now()
const thread = await openStreamThread(
  {
    ...{ data, pipeline, shared: log.shared, words: newLaneWords(lanes) },
    ...{ epochLength: EPOCH, openedAt: Date.now(), dedupeHorizon: 24, maxItems: 4e6, heapMb: 4096 },
  },
  failure => process.stderr.write(`${failure.message}\n`),
)
while (position(log.shared, 'speed') < committedEnd(log.shared)) await sleep(1)
const seconds = (performance.now() - begun) / 1000
const { user, system } = process.cpuUsage(cpu)
const { speed } = await thread.status()
if (speed.counted !== events) throw new Error(`${speed.counted} of ${events} events were counted`)
process.stdout.write(JSON.stringify({ rate: events / seconds, microseconds: (user + system) / events }))
await thread.close()
await log.close()
await rm(data, { recursive: true })
process.exit(0)

async function fill({ stream }: Log): Promise<void> {
  const now = Date.now()
  const epoch = Math.floor(now / EPOCH) * EPOCH
  for (let from = 0, request = 0; from < events; from += PER_REQUEST, request++) {
    const accepted = Array.from({ length: PER_REQUEST }, (_, index) => {
      const event = trip(from + index, { boards: 500, hours: 0.05 })
      const id = Buffer.from(ID)
      writeId(id, 0, from + index)
      const json = JSON.stringify({ ...event, id: id.toString() })
      const hash = event.data.hoverboard_id * 7 + event.data.customer_id
      return { type: event.type, hash, idHash: 0, time: Date.parse(event.time), json, index }
    })
    const packed = packRecords(
      accepted,
      epoch,
      { first: 0, count: PARTITIONS },
      receiptPrefix(now, 'bench0', request),
    )
    await stream.put(packed.map(({ record }) => record))
  }
}
