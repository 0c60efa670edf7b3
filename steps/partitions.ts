import { epochOf } from '../core/data/epoch.ts'
import { TributaryError } from '../core/errors.ts'
import type { Partitions } from '../core/event/partition.ts'
import {
  grown,
  newPartitioning,
  PARTITIONING_SKEW_MS,
  type Partitioning,
  type Spread,
  spreadAt,
  spreadOf,
} from '../core/event/partitioning.ts'
import type { PartitioningRecord } from '../core/ports/ledger.ts'

export type PartitionsPorts = {
  readonly record: PartitioningRecord
  /** What this process was told, ms. */
  readonly epochLength: number
  /** How many partitions this process was told. */
  readonly partitions: number
  /** ms since 1970. */
  readonly now: () => number
  /** Told once of a process that was told fewer than there are: it follows the record. */
  readonly onFewer: (told: number, spread: Spread) => void
}

/** The partitions of a stage, as every process that takes events in sees them. */
export type StagePartitions = {
  /**
   * Makes sure that the partitions of now are known, through half a minute from now; whoever stamps events
   * waits for it. A read of the record an epoch.
   *
   * @throws TributaryError `invalid_setting` where this process was told another length of epochs; of the
   * record
   */
  ready(): Promise<void>
  /** Of an epoch that `ready` has made known. */
  at(epoch: number): Partitions
  /** What a partition is one of; undefined for a number that none has. */
  spreadOf(partition: number): Partitions | undefined
}

/** Longest time between `ready` and the stamp: an HTTP API gives a request 30 s. */
const REQUEST_MS = PARTITIONING_SKEW_MS / 2
/** Other processes that may record something at the same time. */
const ATTEMPTS = 10

/**
 * Builds what tells ingest the partitions of an epoch. The record decides, never the setting: more partitions
 * than there are take effect for all processes at once, at the beginning of an epoch; fewer take none.
 */
export function createPartitions(ports: PartitionsPorts): StagePartitions {
  const { record, epochLength, partitions, now, onFewer } = ports
  let known: Partitioning | undefined
  let through = Number.NEGATIVE_INFINITY
  let isTold = false
  let reading: Promise<void> | undefined

  const learn = async (): Promise<void> => {
    // What is recorded after this moment takes effect later than the epoch it is in half a minute from now.
    const reaches = epochOf(now() + REQUEST_MS, epochLength)
    known = await recorded(record, { epochLength, count: partitions, now })
    through = reaches
    const last = known.spreads.at(-1)!
    if (partitions < last.count && !isTold) onFewer(partitions, last)
    isTold = true
  }
  const current = () => {
    if (known === undefined)
      throw new TributaryError('internal', 'partitions are asked for before they are known')
    return known
  }
  return {
    async ready() {
      if (epochOf(now() + REQUEST_MS, epochLength) <= through) return
      reading ??= learn().finally(() => {
        reading = undefined
      })
      await reading
    },
    at: epoch => spreadAt(current(), epoch),
    spreadOf: partition => spreadOf(current(), partition),
  }
}

/** What is recorded, with what this process was told, where that is more. */
async function recorded(
  record: PartitioningRecord,
  told: { readonly epochLength: number; readonly count: number; readonly now: () => number },
): Promise<Partitioning> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const found = await record.read()
    requireEpochLength(found?.partitioning, told.epochLength)
    const next =
      found === undefined
        ? newPartitioning(told.epochLength, told.count)
        : grown(found.partitioning, told.count, told.now())
    if (next === undefined) return found!.partitioning
    if (await record.replace(found?.version, next)) return next
  }
  throw new TributaryError('overloaded', 'the record of partitions kept changing under its update')
}

/**
 * Builds what a process asks before its first work on epochs; it asks the record once, and again after a
 * failure.
 *
 * @throws (the check) TributaryError `invalid_setting` where it was told another length than is recorded
 */
export function createEpochLengthCheck(
  record: Pick<PartitioningRecord, 'read'>,
  epochLength: number,
): () => Promise<void> {
  let checked: Promise<void> | undefined
  return () => {
    checked ??= record
      .read()
      .then(found => requireEpochLength(found?.partitioning, epochLength))
      .catch(error => {
        checked = undefined
        throw error
      })
    return checked
  }
}

function requireEpochLength(found: Partitioning | undefined, told: number): void {
  if (found === undefined || found.epochLength === told) return
  const [is, would] = [found.epochLength, told].map(ms => `${ms / 1000}s`)
  throw new TributaryError(
    'invalid_setting',
    `TRIBUTARY_EPOCH is ${would} in this function, and events of the stage have epochs of ${is}, which stay so for its life; deploy with --param epoch of ${is}, or make a new stage`,
  )
}
