import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Running, run, type Start, start } from '../process.ts'

const PORT = 19_092
const CONTROLLER = 19_093

/** Where clients find the broker. */
export const BOOTSTRAP = `127.0.0.1:${PORT}`

/** A folder with a formatted KRaft broker that has not started. */
export type BrokerFolder = {
  readonly folder: string
  readonly settings: string
  dispose(): void
}

/**
 * Formats a broker: one node, KRaft; with a flush to disk before each answer where `synced`. All other
 * settings are Kafka's own.
 */
export async function formatBroker(classPath: string, synced: boolean): Promise<BrokerFolder> {
  const folder = mkdtempSync(join(tmpdir(), 'peers-kafka-'))
  const settings = join(folder, 'server.properties')
  writeFileSync(settings, properties(folder, synced))
  const format = ['kafka.tools.StorageTool', 'format', '-t', 'MkU3OEVBNTcwNTJENDM2Qk', '-c', settings]
  await run(['java', '-cp', classPath, ...format], 60_000)
  return { folder, settings, dispose: () => rmSync(folder, { recursive: true, force: true }) }
}

/** Starts Kafka itself, as its own script does, with 2 GB of heap. */
export function startBroker(classPath: string, { settings }: BrokerFolder, options: Start): Running {
  return java(classPath, ['kafka.Kafka', settings], options, '-Xms2g', '-Xmx2g')
}

/** Starts a Java program. */
export function java(
  classPath: string,
  command: readonly string[],
  options: Start,
  ...flags: string[]
): Running {
  return start(['java', ...flags, '-cp', classPath, ...command], options)
}

/** Makes the topic of trips, once the broker answers. */
export async function makeTopic(classPath: string, partitions: number): Promise<void> {
  const topics = ['Topics', `bootstrap=${BOOTSTRAP}`, `trips=${partitions}`]
  await run(['java', '-cp', classPath, ...topics], 90_000)
}

function properties(folder: string, synced: boolean): string {
  return [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@127.0.0.1:${CONTROLLER}`,
    `listeners=PLAINTEXT://${BOOTSTRAP},CONTROLLER://127.0.0.1:${CONTROLLER}`,
    `advertised.listeners=PLAINTEXT://${BOOTSTRAP}`,
    'controller.listener.names=CONTROLLER',
    `log.dirs=${join(folder, 'data')}`,
    'auto.create.topics.enable=false',
    // One node: what Kafka keeps for itself has one replica and few partitions, and groups need not wait for
    // more members.
    'offsets.topic.replication.factor=1',
    'offsets.topic.num.partitions=4',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'transaction.state.log.num.partitions=4',
    'share.coordinator.state.topic.replication.factor=1',
    'share.coordinator.state.topic.min.isr=1',
    'group.initial.rebalance.delay.ms=0',
    ...(synced ? ['log.flush.interval.messages=1'] : []),
    '',
  ].join('\n')
}
