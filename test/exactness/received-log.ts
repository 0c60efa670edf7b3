import { compileAcceptor } from '../../core/accept.ts'
import type { StreamRecord } from '../../core/ports/stream.ts'
import { padSequence } from '../../core/position.ts'
import { ajvValidators } from '../../drivers/validators/ajv.ts'
import { createIngest } from '../../steps/ingest.ts'
import { CLOCK, type Request, toEvent } from '../arbitraries.ts'
import type { Declared } from '../declared.ts'
import type { Received } from '../oracle.ts'

/** A record as the stream stored it. Sequence numbers grow over all partitions, as in one log. */
export type LoggedRecord = StreamRecord & { readonly sequence: string }

export const PARTITIONS = 5

/** Sends requests through the real ingest step into a stream that only numbers records. */
export function createReceiver({ pipeline }: Declared) {
  const accept = compileAcceptor(pipeline, ajvValidators(), PARTITIONS)
  return async (requests: readonly Request[], sequenceStart: bigint): Promise<readonly LoggedRecord[]> => {
    const log: LoggedRecord[] = []
    let now: number = CLOCK.start
    const ingest = createIngest({
      accept,
      stream: {
        put: async records => {
          for (const record of records)
            log.push({ ...record, sequence: padSequence(String(sequenceStart + 3n * BigInt(log.length))) })
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
      process: 'test00',
    })
    for (const { wait, drafts } of requests) {
      now += wait
      await ingest(drafts.map(draft => JSON.parse(JSON.stringify(toEvent(draft))) as unknown))
    }
    return log
  }
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
