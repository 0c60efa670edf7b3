import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeTrips } from '../load.ts'
import { type Row, told, unmeasured } from '../row.ts'
import { killableKafka, openKafka, type StreamsSettings } from './kafka.ts'
import { measureKills } from './kills.ts'
import { measureStream, type Placement } from './measure.ts'
import { killableOurs, openOurs } from './ours.ts'
import type { Killable, OpenStream } from './system.ts'

const APART: Placement = { name: 'a core each', server: '0', load: '1' }
const SHARED: Placement = { name: 'both cores shared', server: '0,1', load: '0,1' }

const STREAMS: readonly StreamsSettings[] = [
  { commitMs: 100, synced: false },
  { commitMs: 1000, synced: false },
  { commitMs: 100, synced: true },
  { commitMs: 1000, synced: true },
]

const UNSYNCED = STREAMS.filter(({ synced }) => !synced)

/**
 * Event → count by board and hour, each id once: sustained rates, drain, memory and latency; a core each for
 * server and load.
 */
export const stream = () => measureAll(APART, STREAMS)

/** The same with both cores for server and load, which then compete; the peer without flushes only. */
export const shared = () => measureAll(SHARED, UNSYNCED)

async function measureAll(
  placement: Placement,
  streams: readonly StreamsSettings[],
): Promise<readonly Row[]> {
  const systems: readonly (readonly [string, OpenStream])[] = [
    ['Tributary', openOurs],
    ...streams.map(settings => [named(settings), (cores: string) => openKafka(settings, cores)] as const),
  ]
  const rows: Row[] = []
  for (const [name, open] of systems) {
    process.stderr.write(`  ${name}, ${placement.name} …\n`)
    rows.push(
      ...(await measureStream(open, placement).then(
        measured => measured.map(told),
        reason => [unmeasured('stream', name, placement.name, reason)],
      )),
    )
  }
  return rows
}

/** How many events are missing or double in the counts after 20 kills and 1 % resends. */
export async function kills(): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'peers-kills-'))
  const trips = writeTrips(folder)
  const systems: readonly (readonly [string, () => Killable | Promise<Killable>])[] = [
    ['Tributary', () => killableOurs('0', trips)],
    ...UNSYNCED.map(settings => [named(settings), () => killableKafka(settings, '0', trips)] as const),
  ]
  const rows: Row[] = []
  for (const [name, open] of systems) {
    process.stderr.write(`  ${name} …\n`)
    const measured = Promise.resolve(open()).then(system => measureKills(system, trips, '1'))
    rows.push(await measured.then(told, reason => unmeasured('kills', name, 'killed 20 times', reason)))
  }
  rmSync(folder, { recursive: true, force: true })
  return rows
}

const named = ({ commitMs, synced }: StreamsSettings) =>
  `Kafka Streams, commit ${commitMs} ms${synced ? ', flush' : ''}`
