/**
 * Records/s from the log through the pump to a handler that does nothing, and into the raw lake:
 * `node bench/pump.bench.ts`.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { StreamRecord } from '../core/ports/stream/stream.ts'
import { type Log, openLog } from '../drivers/stream/log/log.ts'
import { openLogReader } from '../drivers/stream/log/reader.ts'
import { committedEnd, logStart } from '../drivers/stream/log/shared.ts'
import { startPump } from '../local/stream/pump.ts'
import type { StreamHandler } from '../local/stream/pump-options.ts'
import { startRawDelivery } from '../local/stream/raw-delivery.ts'

const EPOCH = 3_600_000
const RECORDS = 600_000
const SHAPES = [
  { name: 'records of 500 bytes', bytes: 500, records: RECORDS },
  { name: 'records of 25 KB', bytes: 25_000, records: RECORDS / 30 },
] as const

type Result = { readonly seconds: number; readonly cpuSeconds: number }

async function fill(log: Log, bytes: number, records: number): Promise<void> {
  const epoch = Math.floor(Date.now() / EPOCH) * EPOCH
  const data = `{"specversion":"1.0","data":"${'x'.repeat(bytes - 32)}"}\n`
  const batch = Array.from({ length: Math.min(500, records) }, (_, partition): StreamRecord => {
    return { partition: partition % 100, type: `type.${partition % 4}`, epoch, count: 1, data }
  })
  for (let put = 0; put < records; put += batch.length) await log.stream.put(batch)
}

async function timed(work: () => Promise<unknown>): Promise<Result> {
  const cpu = process.cpuUsage()
  const begun = performance.now()
  await work()
  const { user, system } = process.cpuUsage(cpu)
  return { seconds: (performance.now() - begun) / 1000, cpuSeconds: (user + system) / 1e6 }
}

function print(what: string, records: number, bytes: number, { seconds, cpuSeconds }: Result): void {
  const rate = Math.round(records / seconds).toLocaleString('en')
  const mb = Math.round((records * bytes) / seconds / 1e6)
  const cost = ((cpuSeconds * 1e6) / records).toFixed(2)
  console.log(`${what}: ${rate} records/s, ${mb} MB/s, ${cost} µs of CPU a record`)
}

async function pumpAll(dir: string, log: Log, handler: StreamHandler): Promise<Result> {
  const reader = openLogReader(dir, log.shared)
  const result = await timed(async () => {
    const pump = startPump({
      reader,
      shared: log.shared,
      consumer: 'speed',
      from: logStart(log.shared),
      handler,
      onFailure: () => Promise.reject(new Error('the bench gives nothing up')),
    })
    if (!(await pump.drain(60_000))) throw new Error('the pump did not reach the end of the log')
    await pump.stop()
  })
  reader.close()
  return result
}

async function readAll(dir: string, log: Log): Promise<void> {
  const reader = openLogReader(dir, log.shared)
  for (
    let at = logStart(log.shared);
    at < committedEnd(log.shared);
    at = reader.read(at, 1 << 20).at(-1)!.next
  );
  reader.close()
}

async function deliverAll(dir: string, log: Log): Promise<Result> {
  const reader = openLogReader(dir, log.shared)
  const lake = join(dir, '..', 'lake')
  const statePath = join(lake, 'raw-delivery.json')
  const result = await timed(async () => {
    const raw = startRawDelivery({ reader, shared: log.shared, lake, statePath })
    if (!(await raw.drain(60_000))) throw new Error('raw delivery did not reach the end of the log')
    await raw.stop()
  })
  reader.close()
  await rm(lake, { recursive: true })
  return result
}

async function deliverAtRate(dir: string, log: Log, bytes: number, perSecond: number): Promise<void> {
  const reader = openLogReader(dir, log.shared)
  const lake = join(dir, '..', 'lake')
  const raw = startRawDelivery({ reader, shared: log.shared, lake, statePath: join(lake, 'state.json') })
  await raw.drain(60_000)
  const rounds = 200
  const alone = await timed(() => feed(log, bytes, perSecond, rounds))
  await raw.stop()
  const without = await timed(() => feed(log, bytes, perSecond, rounds))
  const share = (alone.cpuSeconds - without.cpuSeconds) / alone.seconds
  const mb = Math.round((perSecond * bytes) / 1e6)
  console.log(`  raw delivery at ${mb} MB/s takes ${(share * 100).toFixed(1)} % of a core (all threads)`)
  reader.close()
}

async function feed(log: Log, bytes: number, perSecond: number, rounds: number): Promise<void> {
  const begun = performance.now()
  for (let round = 0; round < rounds; round += 1) {
    await fill(log, bytes, perSecond / 100)
    await sleep(Math.max(0, begun + round * 10 - performance.now()))
  }
}

for (const { name, bytes, records } of SHAPES) {
  const root = await mkdtemp(join(tmpdir(), 'tributary-bench-'))
  const dir = join(root, 'log')
  const log = await openLog({ dir, epochLength: EPOCH, minFreeBytes: 0, maxLagBytes: 1e10 })
  await fill(log, bytes, records)
  console.log(name)
  print('  reader alone', records, bytes, await timed(() => readAll(dir, log)))
  for (let run = 0; run < 2; run += 1) {
    print('  pump, empty handler', records, bytes, await pumpAll(dir, log, async () => undefined))
    print('  raw delivery', records, bytes, await deliverAll(dir, log))
  }
  await deliverAtRate(dir, log, bytes, 50e6 / bytes)
  await log.close()
  await rm(root, { recursive: true })
}
