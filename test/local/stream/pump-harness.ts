import { setImmediate as nextTurn } from 'node:timers/promises'
import type { KinesisStreamBatchResponse } from 'aws-lambda'
import type { TributaryError } from '../../../core/errors.ts'
import type { FailedRecord, Failure } from '../../../core/ports/dead-letters.ts'
import { type DecodedRecord, encodePartialFailures } from '../../../functions/sources/kinesis.ts'
import { type Pump, startPump } from '../../../local/stream/pump.ts'
import type { PumpOptions, StreamHandler } from '../../../local/stream/pump-options.ts'
import { MemoryLog } from './memory-log.ts'

/**
 * What a delivery comes to: fine, a failure of the whole batch of some kind, or a failure from record `n` on.
 */
export type Reply = 'fine' | 'throws' | 'empty' | 'missing' | 'unknown' | number

/** A handler that replies as told, and remembers what it applied before it failed. */
export class Scripted {
  readonly calls: string[][] = []
  readonly applied: string[] = []
  readonly #reply: (texts: readonly string[], call: number) => Reply

  constructor(reply: (texts: readonly string[], call: number) => Reply) {
    this.#reply = reply
  }

  readonly handler: StreamHandler = async given => {
    const records = given.map(record => ({ ...record }))
    const texts = records.map(({ data }) => data)
    const reply = this.#reply(texts, this.calls.length)
    this.calls.push(texts)
    const index = typeof reply === 'number' ? reply : reply === 'fine' ? records.length : 0
    this.applied.push(...texts.slice(0, index))
    spoil(given as DecodedRecord[])
    if (reply === 'throws') throw new Error('the handler broke')
    return respond(reply, records[index]?.itemIdentifier)
  }
}

function respond(reply: Reply, identifier: string | undefined): KinesisStreamBatchResponse {
  if (reply === 'fine') return encodePartialFailures([])
  if (reply === 'empty') return encodePartialFailures([''])
  if (reply === 'unknown') return encodePartialFailures(['9'.repeat(40)])
  if (reply === 'missing') return { batchItemFailures: [{} as { itemIdentifier: string }] }
  return encodePartialFailures([identifier!])
}

// A handler owns its records: what it does to them must not show in a redelivery.
function spoil(records: DecodedRecord[]): void {
  for (const record of records) Object.assign(record, { data: 'spoilt' })
  records.length = 0
}

export type Letter = { readonly texts: readonly string[]; readonly failure: Failure }

/** A pump over a log in memory. */
export class Bench {
  readonly log: MemoryLog
  readonly letters: Letter[] = []
  readonly reports: TributaryError[] = []
  readonly #pumps: Pump[] = []

  constructor(log = new MemoryLog()) {
    this.log = log
  }

  get dead(): string[] {
    return this.letters.flatMap(({ texts }) => texts)
  }

  start(handler: StreamHandler, options: Partial<PumpOptions> = {}): Pump {
    const pump = startPump({
      reader: this.log.reader,
      shared: this.log.shared,
      consumer: 'speed',
      from: this.log.start,
      handler,
      onFailure: async (records: readonly FailedRecord[], failure) => {
        this.letters.push({ texts: records.map(({ data }) => data), failure })
      },
      backoff: { baseMs: 0, capMs: 0 },
      report: error => this.reports.push(error),
      ...options,
    })
    this.#pumps.push(pump)
    return pump
  }

  async stop(): Promise<void> {
    await Promise.all(this.#pumps.map(pump => pump.stop(1_000)))
  }
}

/** Waits for something to become true. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await nextTurn()
}

export const numbered = (count: number): string[] => Array.from({ length: count }, (_, n) => `{"n":${n}}\n`)
