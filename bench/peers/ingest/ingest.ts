import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startBenthos } from '../benthos/config.ts'
import { BOOTSTRAP, formatBroker, makeTopic, startBroker } from '../kafka/broker.ts'
import { type Answered, answered, httpLoad, type Load, writeTrips } from '../load.ts'
import { prepareBenthos, prepareKafka } from '../prepare.ts'
import { type Row, unmeasured } from '../row.ts'
import { type Server, startPathAlone, startWhole } from './ours.ts'

/** Server on core 0, load on core 1. A JVM compiles longer than Node, so its warm-up is longer. */
const SERVER = '0'
const LOAD: Load = { cores: '1', rate: 0, warm: 3, seconds: 8, seed: 1 }
const JVM_LOAD: Load = { ...LOAD, warm: 15 }

/** Durable, validated ingest of trips: requests of 100 events, and of one. */
export async function ingest(): Promise<readonly Row[]> {
  return [
    ...(await overHttp('Tributary', 'path alone (HTTP → checks → synced log)', () => startPathAlone(SERVER))),
    ...(await overHttp('Tributary', 'whole platform, 3 metrics', () => startWhole(SERVER))),
    ...(await overHttp('Benthos', 'as is: its file output never syncs', () => benthos(false))),
    ...(await overHttp('Benthos', 'with an output of ours that syncs', () => benthos(true))),
    ...(await overKafka(true)),
    ...(await overKafka(false)),
  ]
}

async function benthos(synced: boolean): Promise<Server> {
  return { ...(await startBenthos(await prepareBenthos(), SERVER, synced)), key: 'none' }
}

async function overHttp(
  system: string,
  configuration: string,
  open: () => Promise<Server>,
): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const isSingle of [false, true]) {
    const shape = `${configuration}; ${isSingle ? 'single events' : '100 a request'}`
    try {
      const server = await open()
      try {
        const load = { ...LOAD, isSingle }
        const result = await answered(httpLoad(server.port, server.key, load), load)
        rows.push(row(system, shape, result, '32 connections over HTTP, every event validated'))
      } finally {
        await server.stop()
      }
    } catch (reason) {
      rows.push(unmeasured('ingest', system, shape, reason))
    }
  }
  return rows
}

async function overKafka(synced: boolean): Promise<readonly Row[]> {
  const flush = synced ? 'flush per append' : 'no flush: the page cache answers'
  const rows: Row[] = []
  for (const isSingle of [false, true]) {
    const shape = `acks=all, ${flush}; ${isSingle ? 'single events' : 'batches'}`
    try {
      const note = isSingle
        ? '32 producers, one event in flight each, 32 partitions; opaque events, nothing validated'
        : 'one producer, batch.size 1 MB, linger 5 ms, 4 partitions; opaque events, nothing validated'
      rows.push(row('Kafka', shape, await produced(synced, isSingle), note))
    } catch (reason) {
      rows.push(unmeasured('ingest', 'Kafka', shape, reason))
    }
  }
  return rows
}

async function produced(synced: boolean, isSingle: boolean): Promise<Answered> {
  const classPath = await prepareKafka()
  const folder = mkdtempSync(join(tmpdir(), 'peers-load-'))
  const broker = await formatBroker(classPath, synced)
  const running = startBroker(classPath, broker, { cores: SERVER })
  try {
    await makeTopic(classPath, isSingle ? 32 : 4)
    const shape = [`mode=${isSingle ? 'single' : 'batch'}`, `seconds=${JVM_LOAD.warm + JVM_LOAD.seconds}`]
    const what = [`bootstrap=${BOOTSTRAP}`, 'topic=trips', `trips=${writeTrips(folder)}`]
    return await answered(['java', '-Xmx2g', '-cp', classPath, 'Load', ...what, ...shape], JVM_LOAD)
  } finally {
    await running.stop('SIGKILL')
    broker.dispose()
    rmSync(folder, { recursive: true, force: true })
  }
}

function row(system: string, configuration: string, result: Answered, note: string): Row {
  const refused = result.refusedRequests > 0 ? `; ${result.refusedRequests} requests refused` : ''
  const figures = { 'events/s': result.perSecond, 'answer p50 ms': result.p50, 'p99 ms': result.p99 }
  return { suite: 'ingest', system, configuration, figures, note: note + refused }
}
