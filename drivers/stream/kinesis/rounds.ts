import type { PutOutcome, StreamRecord } from '../../../core/ports/stream/stream.ts'
import { pauseBefore, type TimeLeft } from '../../aws/retry.ts'
import { CALL_BYTES, CALL_RECORDS, type KinesisCall, putEntries } from './call.ts'
import type { KinesisEntry } from './entry.ts'

export type Rounds = KinesisCall & {
  readonly timeLeft: TimeLeft
  /** Longest wait for the answer to one call, ms. */
  readonly callTimeoutMs: number
}

const STORED: PutOutcome = { kind: 'stored' }

/**
 * Stores entries in rounds, one call each. A call carries at most one record of a partition: `PutRecords`
 * promises no order, and a record that fails must not be overtaken by the next of its partition. What failed
 * is the head of its partition's queue still, so it goes with the next round, after a pause. When the time is
 * up, what is left is refused, a partition's rest with its head.
 */
export async function putInRounds(
  rounds: Rounds,
  records: readonly StreamRecord[],
  entries: readonly KinesisEntry[],
): Promise<readonly PutOutcome[]> {
  const outcomes = new Array<PutOutcome>(records.length).fill(STORED)
  const queues = queuesOf(records)
  for (let failures = 0; queues.size > 0; ) {
    const heads = headsOf(queues, entries)
    const limit = Math.min(rounds.timeLeft(), rounds.callTimeoutMs)
    const answers = await putEntries(
      rounds,
      heads.map(at => entries[at]!),
      limit,
    )
    heads.forEach((at, place) => {
      if (answers[place] === undefined) advance(queues, records[at]!.partition)
    })
    const failure = answers.find(answer => answer !== undefined)
    if (failure === undefined) failures = 0
    else if (!(await pauseBefore(failures++, rounds.timeLeft))) return refuseRest(outcomes, queues, failure)
  }
  return outcomes
}

/** Places of the records still to be stored, by partition, in order. */
type Queues = Map<number, number[]>

function queuesOf(records: readonly StreamRecord[]): Queues {
  const queues: Queues = new Map()
  records.forEach(({ partition }, at) => {
    const queue = queues.get(partition)
    if (queue === undefined) queues.set(partition, [at])
    else queue.push(at)
  })
  return queues
}

/** The first record of every partition, as many as a call takes. */
function headsOf(queues: Queues, entries: readonly KinesisEntry[]): number[] {
  const heads: number[] = []
  let bytes = 0
  for (const [at] of queues.values()) {
    const { Data, PartitionKey } = entries[at!]!
    bytes += Data.length + PartitionKey.length
    if (heads.length === CALL_RECORDS || (bytes > CALL_BYTES && heads.length > 0)) break
    heads.push(at!)
  }
  return heads
}

function advance(queues: Queues, partition: number): void {
  const queue = queues.get(partition)!
  queue.shift()
  if (queue.length === 0) queues.delete(partition)
}

function refuseRest(outcomes: PutOutcome[], queues: Queues, reason: string): readonly PutOutcome[] {
  const refused = refusal(reason)
  for (const queue of queues.values()) for (const at of queue) outcomes[at] = refused
  return outcomes
}

/** Senders that were refused together are told different delays. */
export function refusal(reason: string): PutOutcome {
  return { kind: 'refused', reason, retryAfterSeconds: 1 + Math.floor(Math.random() * 4) }
}
