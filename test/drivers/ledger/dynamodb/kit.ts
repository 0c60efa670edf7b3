import { randomUUID } from 'node:crypto'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { TALLY_GROUP, TALLY_WINDOW, tallyId } from '../../../../core/cells/tally.ts'
import { padSequence } from '../../../../core/data/position.ts'
import { metricShapes } from '../../../../core/declare/metric-kinds.ts'
import { compilePipeline } from '../../../../core/declare/pipeline.ts'
import type { Ledger } from '../../../../core/ports/ledger.ts'
import type { StreamRecord } from '../../../../core/ports/stream/stream.ts'
import type { Boundary, RealTimeViews } from '../../../../core/ports/views.ts'
import { createDynamodbAcknowledgements } from '../../../../drivers/ledger/dynamodb/acknowledgements.ts'
import { createDynamodbRawDeliveries } from '../../../../drivers/ledger/dynamodb/deliveries.ts'
import {
  createDynamodbLedger,
  type DynamodbLedgerOptions,
} from '../../../../drivers/ledger/dynamodb/dynamodb.ts'
import { createMemoryViews } from '../../../../drivers/views/memory/memory.ts'
import { LEDGER_EPOCH, LEDGER_TYPES, type LedgerUnderTest } from '../../../contracts/ledger.ts'

export const CLOSE_AFTER = 60_000
export const RAW_DELAY = 300_000
/** An emulator may delete what has expired by its own clock; the tests' epochs lie in the past. */
export const KEEP = 10 * 365 * 86_400_000

export type DynamodbLedgerKit = LedgerUnderTest & {
  readonly boundaries: Map<string, Pick<Boundary, 'epoch'>>
  newLedger(options?: Partial<DynamodbLedgerOptions>): Ledger
}

/** The three ends of the ledger over one table, with a speed layer in memory. */
export function openLedgerKit(client: DynamoDBClient, table: string, epochLength: number): DynamodbLedgerKit {
  const access = { client, table, epochLength, keepMs: KEEP }
  const speed = createMemoryViews(metricShapes(pipelineOf(LEDGER_TYPES)))
  const boundaries: DynamodbLedgerKit['boundaries'] = new Map()
  const deliveries = createDynamodbRawDeliveries(access)
  let time = LEDGER_EPOCH
  const newContainer = () => createDynamodbAcknowledgements({ ...access, container: randomUUID() })
  const newLedger = (options: Partial<DynamodbLedgerOptions> = {}) =>
    createDynamodbLedger({
      ...{ ...access, now: () => time, types: LEDGER_TYPES, speed },
      ...{ closeAfterMs: CLOSE_AFTER, rawDelayMs: RAW_DELAY, ...options },
      batch: { boundary: async metric => boundaries.get(metric) as Boundary | undefined },
    })
  let [ingest, ledger] = [newContainer(), newLedger()]
  const undelivered: StreamRecord[] = []
  const unapplied: StreamRecord[] = []
  let arrivals = 0
  return {
    boundaries,
    newLedger,
    ledger: () => ledger,
    async put(records) {
      await ingest.acknowledge(records)
      undelivered.push(...records)
      unapplied.push(...records)
    },
    deliver: () =>
      deliveries.delivered(
        `arrivals/${arrivals++}.jsonl.gz`,
        undelivered.splice(0).map(({ epoch, type, count }) => ({ epoch, type, lines: count })),
      ),
    async apply() {
      for (const { type, epoch, count } of unapplied.splice(0)) await addToTally(speed, type, epoch, count)
    },
    at: ms => {
      time = ms
    },
    closesAt: epoch => epoch + epochLength + CLOSE_AFTER,
    rawDueAt: epoch => epoch + epochLength + RAW_DELAY,
    async restart() {
      ingest = newContainer()
      ledger = newLedger()
    },
    dispose: async () => {},
  }
}

async function addToTally(speed: RealTimeViews, type: string, epoch: number, count: number): Promise<void> {
  const key = {
    metric: tallyId(type),
    group: TALLY_GROUP,
    window: TALLY_WINDOW,
    epoch,
    lane: 0,
    id: 't',
  }
  const [stored] = await speed.read([key])
  const received = Number(stored?.cells[0] ?? 0) + count
  const position = { sequence: padSequence(String(received)), index: 0 }
  const item = { ...key, position, cells: [received, received] }
  await speed.write([{ item, expected: stored?.position }])
}

function pipelineOf(types: readonly string[]) {
  return compilePipeline({
    contracts: types.map(type => ({
      file: `contracts/${type}.ts`,
      declaration: {
        ...{ type, version: 1, partitionBy: ['n'] },
        data: { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } },
      },
    })),
    metrics: [],
    schedules: [],
  })
}
