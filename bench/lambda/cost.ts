import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import process from 'node:process'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { createTable } from '../../test/engines/dynamodb/tables.ts'
import type { Figure } from '../figure.ts'
import type { EndpointAnswer } from './endpoint.ts'
import { functionEnvironment } from './environment.ts'
import type { Meter } from './meter.ts'
import type { Workload, WorkloadResult } from './workload.ts'

/** Runs a workload on the bundles with its own tables, and returns what it came to per event. */
export async function workloadFigures(
  title: string,
  workload: Workload,
  options: { readonly contracts: string },
): Promise<readonly Figure[]> {
  const endpoint = fork(join(import.meta.dirname, 'endpoint.ts'))
  try {
    const [address] = (await once(endpoint, 'message')) as [string]
    const environment = functionEnvironment({
      endpoint: address,
      contracts: options.contracts,
      partitions: workload.partitions,
      tables: await tablesOf(address),
    })
    return figuresOf(title, await runIn(environment, workload, endpoint))
  } finally {
    endpoint.disconnect()
  }
}

async function tablesOf(endpoint: string) {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const client = new DynamoDBClient({ endpoint, region: 'eu-central-1', credentials })
  const tables = {
    'real-time': await createTable(client, 'real-time'),
    batch: await createTable(client, 'batch'),
    markers: await createTable(client, 'markers'),
    control: await createTable(client, 'control'),
  }
  client.destroy()
  return tables
}

/** Functions write their metrics to standard output, which is not what is measured. */
async function runIn(
  environment: Readonly<Record<string, string>>,
  workload: Workload,
  endpoint: ChildProcess,
): Promise<WorkloadResult> {
  const child = fork(join(import.meta.dirname, 'workload.ts'), [], {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  try {
    return await new Promise<WorkloadResult>((resolve, reject) => {
      child.on('message', (message: 'endpoint' | WorkloadResult) => {
        if (message === 'endpoint') endpoint.send('state')
        else resolve(message)
      })
      endpoint.on('message', (state: EndpointAnswer) => child.connected && child.send(state))
      child.once('exit', code => reject(new Error(`the functions ended with code ${code}`)))
      child.send(workload)
    })
  } finally {
    child.kill()
  }
}

function figuresOf(title: string, { events, cpu, invocations, steps }: WorkloadResult): readonly Figure[] {
  const thousands = events / 1000
  const during = (of: 'ingest' | 'speed', read: (meter: Meter) => number) =>
    steps
      .filter(step => step.of === of)
      .reduce((sum, { before, after }) => sum + read(after) - read(before), 0)
  const units = (of: 'ingest' | 'speed', kind: 'reads' | 'writes') => during(of, meter => sumOf(meter[kind]))
  const per1000 = (name: string, value: number, unit: string, note?: string): Figure => ({
    name: `${title}: ${name}`,
    value: value / thousands,
    unit: `${unit} / 1,000 events`,
    ...(note !== undefined && { note }),
  })
  const perEvent = (name: string, value: number): Figure => ({
    name: `${title}: ${name}`,
    value: value / events,
    unit: 'bytes / event',
  })
  const split = (of: 'ingest' | 'speed', kind: 'reads' | 'writes') =>
    [...new Set(steps.flatMap(({ after }) => Object.keys(after[kind])))]
      .map(
        table =>
          [table.replace(/-\d+$/, ''), during(of, meter => meter[kind][table] ?? 0) / thousands] as const,
      )
      .filter(([, value]) => value > 0)
      .map(([table, value]) => `${table} ${value.toFixed(1)}`)
      .join(', ')
  return [
    per1000('ingest, CPU', cpu.ingest, 'ms', `${invocations.ingest} calls`),
    per1000('speed, CPU', cpu.speed, 'ms', `${invocations.speed} calls`),
    per1000('ingest, DynamoDB writes', units('ingest', 'writes'), 'units', split('ingest', 'writes')),
    per1000('speed, DynamoDB writes', units('speed', 'writes'), 'units', split('speed', 'writes')),
    per1000('speed, DynamoDB reads', units('speed', 'reads'), 'units', split('speed', 'reads')),
    per1000(
      'records',
      during('ingest', meter => meter.kinesis.records),
      'records',
    ),
    perEvent(
      'Kinesis, sent',
      during('ingest', meter => meter.kinesis.bytes),
    ),
    perEvent(
      'Kinesis, billed',
      during('ingest', meter => meter.kinesis.billed),
    ),
    perEvent(
      'Firehose, billed',
      during('ingest', meter => meter.firehose.billed),
    ),
  ]
}

function sumOf(units: Readonly<Record<string, number>>): number {
  return Object.values(units).reduce((sum, value) => sum + value, 0)
}
