/**
 * Main-thread cost and throughput of the durable log. Prints events/s and busy µs an event: `node
 * bench/stream-log.bench.ts`.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { StreamRecord } from '../core/ports/stream/stream.ts'
import { type Log, openLog } from '../drivers/stream/log/log.ts'
import { advance, CONSUMERS, committedEnd, release } from '../drivers/stream/log/shared.ts'

const EPOCH = 3_600_000
const SECONDS = 3
const LINE = `{"specversion":"1.0","id":"0190a0f0-aaaa-7bbb-8ccc-1234567890ab","data":"${'x'.repeat(320)}"}\n`

type Shape = {
  readonly name: string
  readonly records: number
  /** Calls waiting at once (as fast as possible), or calls a second. */
  readonly inFlight?: number
  readonly callsPerSecond?: number
}

const SHAPES: readonly Shape[] = [
  { name: 'puts of 80 records, 32 in flight', records: 80, inFlight: 32 },
  { name: 'puts of 1 record, 64 in flight', records: 1, inFlight: 64 },
  { name: 'puts of 80 records, 1,000 a second', records: 80, callsPerSecond: 1_000 },
  { name: 'puts of 1 record, 20,000 a second', records: 1, callsPerSecond: 20_000 },
]

const putOf = (records: number): readonly StreamRecord[] => {
  const epoch = Math.floor(Date.now() / EPOCH) * EPOCH
  return Array.from({ length: records }, (_, partition) => {
    const count = partition % 5 === 0 && records > 1 ? 2 : 1
    return { partition, type: 'page.view', epoch, count, data: LINE.repeat(count) }
  })
}

const count = (records: readonly StreamRecord[]): number =>
  records.reduce((events, record) => events + record.count, 0)

async function putAsFastAsPossible(log: Log, shape: Shape, until: number): Promise<number> {
  const records = putOf(shape.records)
  let calls = 0
  const client = async (): Promise<void> => {
    for (; performance.now() < until; calls += 1) await put(log, records)
  }
  await Promise.all(Array.from({ length: shape.inFlight ?? 1 }, client))
  return calls * count(records)
}

async function putAtRate(log: Log, shape: Shape, until: number): Promise<number> {
  const records = putOf(shape.records)
  const begun = performance.now()
  const open: Promise<void>[] = []
  while (performance.now() < until) {
    const due = ((performance.now() - begun) * (shape.callsPerSecond ?? 0)) / 1000
    while (open.length < due) open.push(put(log, records))
    await sleep(1)
  }
  await Promise.all(open)
  return open.length * count(records)
}

async function put(log: Log, records: readonly StreamRecord[]): Promise<void> {
  const refused = (await log.stream.put(records)).find(outcome => outcome.kind === 'refused')
  if (refused !== undefined) throw new Error(`refused: ${refused.reason}`)
}

function keepUp(log: Log): NodeJS.Timeout {
  return setInterval(() => {
    const end = committedEnd(log.shared)
    for (const consumer of CONSUMERS) {
      advance(log.shared, consumer, end)
      release(log.shared, consumer, end)
    }
  }, 20)
}

async function measure(shape: Shape): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'tributary-bench-'))
  const log = await openLog({ dir, epochLength: EPOCH, retentionBytes: 256 << 20 })
  const consumers = keepUp(log)
  const run = shape.inFlight === undefined ? putAtRate : putAsFastAsPossible
  await run(log, shape, performance.now() + 500)
  const before = performance.eventLoopUtilization()
  const begun = performance.now()
  const events = await run(log, shape, begun + SECONDS * 1000)
  const { active } = performance.eventLoopUtilization(before)
  const perSecond = Math.round((events * 1000) / (performance.now() - begun))
  console.log(
    `${shape.name}: ${perSecond.toLocaleString('en')} events/s, ${((active * 1000) / events).toFixed(2)} µs busy an event`,
  )
  clearInterval(consumers)
  await log.close()
  await rm(dir, { recursive: true })
}

for (const shape of SHAPES) await measure(shape)
