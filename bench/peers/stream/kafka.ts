import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { BOOTSTRAP, type BrokerFolder, formatBroker, java, startBroker } from '../kafka/broker.ts'
import { type Load, writeTrips } from '../load.ts'
import { prepareKafka } from '../prepare.ts'
import { type Running, run } from '../process.ts'
import type { Counts, Killable, StreamSystem } from './system.ts'

const PORT = 19_094
const NAME = 'Kafka Streams'
const TOPIC = [`bootstrap=${BOOTSTRAP}`, 'topic=trips']

/** What of Kafka Streams is varied. */
export type StreamsSettings = {
  readonly commitMs: number
  /** Does the broker flush to disk before it answers? */
  readonly synced: boolean
}

/**
 * Kafka Streams and its broker in one process: exactly-once v2, a static member, ids in memory with a
 * changelog.
 */
export async function openKafka(settings: StreamsSettings, cores: string): Promise<StreamSystem> {
  const classPath = await prepareKafka()
  const broker = await formatBroker(classPath, settings.synced)
  const trips = writeTrips(broker.folder)
  const app = startStreams(classPath, broker, settings, cores, `broker=${broker.settings}`)
  await untilRunning(app)
  return {
    ...described(settings),
    load: load => producing(classPath, trips, [`rate=${load.rate}`, `seed=${load.seed}`, seconds(load)]),
    counted: async () => (await status()).counted,
    rssMb: () => app.rssMb(),
    async latencies(duration) {
      const probe = [...TOPIC, `trips=${trips}`, `port=${PORT}`, `seconds=${duration}`]
      const printed = await run(['java', '-cp', classPath, 'Probe', ...probe], (duration + 60) * 1000)
      const times = JSON.parse(printed) as { committed: readonly number[]; stored: readonly number[] }
      return { visible: times.committed, 'uncommitted, visible': times.stored }
    },
    async stop() {
      await app.stop('SIGKILL')
      broker.dispose()
    },
  }
}

/** The same with the broker in a process of its own, which is not killed. */
export async function killableKafka(
  settings: StreamsSettings,
  cores: string,
  trips: string,
): Promise<Killable> {
  const classPath = await prepareKafka()
  const broker = await formatBroker(classPath, settings.synced)
  const brokerProcess = startBroker(classPath, broker, { cores })
  let app: Running | undefined
  return {
    ...described(settings),
    resending: rate => producing(classPath, trips, [`rate=${rate}`, 'seed=1', 'resends=true']),
    async start() {
      app = startStreams(classPath, broker, settings, cores)
      await untilRunning(app)
    },
    kill: async () => app?.stop('SIGKILL'),
    async counts() {
      return (await (await fetch(`http://127.0.0.1:${PORT}/counts`)).json()) as Counts
    },
    async dispose() {
      await app?.stop('SIGKILL')
      await brokerProcess.stop('SIGKILL')
      broker.dispose()
    },
  }
}

function described({ commitMs, synced }: StreamsSettings) {
  return {
    name: NAME,
    configuration: `exactly-once v2, commit ${commitMs} ms, ${synced ? 'flush per append' : 'no flush'}`,
    note: 'opaque events by Kafka’s protocol, only the id is read; 4 partitions, ids in memory with changelog, heap 3 GB',
  }
}

function startStreams(
  classPath: string,
  { folder }: BrokerFolder,
  { commitMs }: StreamsSettings,
  cores: string,
  ...more: string[]
): Running {
  // A thread a core, as our lanes.
  const threads = `threads=${cores.split(',').length}`
  const shape = [
    threads,
    'partitions=4',
    `state=${join(folder, 'state')}`,
    `commitMs=${commitMs}`,
    `port=${PORT}`,
  ]
  return java(classPath, ['StreamCount', ...TOPIC, ...shape, ...more], { cores }, '-Xms3g', '-Xmx3g')
}

const seconds = ({ warm, seconds }: Load) => `seconds=${warm + seconds}`

function producing(classPath: string, trips: string, more: readonly string[]): readonly string[] {
  return ['java', '-Xmx1g', '-cp', classPath, 'Load', ...TOPIC, `trips=${trips}`, 'mode=batch', ...more]
}

async function status(): Promise<{ readonly state: string; readonly counted: number }> {
  const response = await fetch(`http://127.0.0.1:${PORT}/status`)
  return (await response.json()) as { state: string; counted: number }
}

async function untilRunning(app: Running): Promise<void> {
  for (let turn = 0; turn < 1200; turn++) {
    const { state } = await status().catch(() => ({ state: 'not there' }))
    if (state === 'RUNNING') return
    await sleep(50)
  }
  await app.stop('SIGKILL')
  throw new Error('Kafka Streams did not run within a minute')
}
