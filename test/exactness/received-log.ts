import { padSequence } from '../../core/data/position.ts'
import { compileAcceptor } from '../../core/event/accept.ts'
import type { StreamRecord } from '../../core/ports/stream/stream.ts'
import { createAjvValidators } from '../../drivers/validators/ajv.ts'
import { createIngest } from '../../steps/ingest.ts'
import { CLOCK, type Request, toEvent } from '../arbitraries.ts'
import type { Declared } from '../declared.ts'
import type { Received } from '../oracle.ts'
import type { Repeat } from './scenario.ts'

/** A record as the stream stored it. Sequence numbers grow over all partitions, as in one log. */
export type LoggedRecord = StreamRecord & { readonly sequence: string }

export const PARTITIONS = 5

/** Sends requests through the real ingest step into a stream that only numbers records. */
export function createReceiver({ pipeline }: Declared) {
  const accept = compileAcceptor(pipeline, createAjvValidators())
  return async (requests: readonly Request[], sequenceStart: bigint): Promise<readonly LoggedRecord[]> => {
    const log: LoggedRecord[] = []
    let now: number = CLOCK.start
    const ingest = createIngest({
      accept,
      stream: {
        put: async records => {
          for (const record of records)
            log.push({ ...record, sequence: sequenceAt(sequenceStart, log.length) })
          return records.map(() => ({ kind: 'stored' as const }))
        },
      },
      rejected: {
        put: async events => {
          throw new Error(`an arbitrary event was rejected: ${JSON.stringify(events)}`)
        },
      },
      now: () => now,
      epochLength: CLOCK.epochLength,
      partitionsAt: () => ({ first: 0, count: PARTITIONS }),
      process: 'test00',
    })
    for (const { wait, drafts } of requests) {
      now += wait
      await ingest(drafts.map(draft => JSON.parse(JSON.stringify(toEvent(draft))) as unknown))
    }
    return log
  }
}

/**
 * The log as it is when the producer put some records twice: byte for byte, at a later position of their
 * partition.
 */
export function withRepeats(
  log: readonly LoggedRecord[],
  repeats: readonly Repeat[],
  sequenceStart: bigint,
): readonly LoggedRecord[] {
  if (log.length === 0) return log
  const records = log.map((record, at) => ({ record, at }))
  for (const { record, after } of repeats) {
    const at = record % log.length
    records.push({ record: log[at]!, at: at + after + 0.5 })
  }
  return records
    .sort((a, b) => a.at - b.at)
    .map(({ record }, i) => ({ ...record, sequence: sequenceAt(sequenceStart, i) }))
}

function sequenceAt(start: bigint, place: number): string {
  return padSequence(String(start + 3n * BigInt(place)))
}

/** The log's events as the reference takes them. */
export function receivedOf(log: readonly LoggedRecord[]): readonly Received[] {
  return log.flatMap(({ data, epoch, partition }) =>
    data
      .trimEnd()
      .split('\n')
      .map(json => ({ json, epoch, partition })),
  )
}
