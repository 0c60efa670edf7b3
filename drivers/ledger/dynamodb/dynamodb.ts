import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { TALLY, TALLY_GROUP, TALLY_WINDOW, tallyId } from '../../../core/cells/tally.ts'
import type { AcceptedEpoch, EpochLedger, Ledger } from '../../../core/ports/ledger.ts'
import type { BatchViews, RealTimeViews } from '../../../core/ports/views.ts'
import { queryAll, type Range } from '../../aws/dynamodb/query.ts'
import { type TimeLeft, timeLeftOf } from '../../aws/retry.ts'
import {
  acknowledgedKey,
  type Counts,
  DIRECTORY,
  deliveredKey,
  directoryKey,
  epochOfKey,
  expiryOf,
  type LedgerTable,
  SHARDS,
  settle,
  sumCounts,
} from './items.ts'

export type DynamodbLedgerOptions = LedgerTable & {
  /** ms since 1970. */
  readonly now: () => number
  /** Declared event types: the speed layer counts no others. */
  readonly types: Iterable<string>
  readonly speed: Pick<RealTimeViews, 'epoch'>
  readonly batch: Pick<BatchViews, 'boundary'>
  /**
   * How long after the end of an epoch an event stamped with it may still be on its way to the stream, ms.
   * Default a minute.
   */
  readonly closeAfterMs?: number
  /**
   * How long after the end of an epoch raw data may still be on its way, ms: the buffering time of Firehose
   * and a margin.
   */
  readonly rawDelayMs: number
}

/**
 * Ingest runs for at most 29 s (an HTTP API gives up after 30 s), and clocks of containers differ by far less
 * than the rest.
 */
const CLOSE_AFTER_MS = 60_000
const TIMEOUT_MS = 20_000
/**
 * Closed epochs whose counts are kept in memory: they do not change any more. Beyond, the one asked for first
 * goes.
 */
const REMEMBERED = 5_000
/** Epochs read at the same time, of 16 queries each. */
const CONCURRENCY = 4

/**
 * The ledger on DynamoDB, which counts `at least`: the totals that ingest's containers put (see
 * `createDynamodbAcknowledgements`), compared with the lines that the raw delivery noted and with the tallies
 * of the speed layer. An epoch that is older than `keepMs` is forgotten: nothing is accepted in it.
 *
 * Raw is complete when as many lines were delivered as events acknowledged and the time of the delivery is
 * over. Lines may repeat, so this alone proves nothing: the refine step counts distinct receipts against
 * `accepted` again.
 *
 * @throws TributaryError of the table or the views
 */
export function createDynamodbLedger(options: DynamodbLedgerOptions): Ledger {
  const { epochLength, now, closeAfterMs = CLOSE_AFTER_MS, timeoutMs = TIMEOUT_MS } = options
  const types = new Set(options.types)
  const settled = new Map<number, Counts>()

  async function acceptedIn(epoch: number, closed: boolean, timeLeft: TimeLeft): Promise<Counts> {
    if (isForgotten(options, epoch)) return new Map()
    const known = settled.get(epoch)
    if (known !== undefined) return known
    const shards = Array.from({ length: SHARDS }, (_, shard) =>
      itemsOf(options, { pk: acknowledgedKey(epoch, shard) }, timeLeft),
    )
    const counts = sumCounts((await Promise.all(shards)).flat())
    if (closed) remember(epoch, counts)
    return counts
  }

  function remember(epoch: number, counts: Counts): void {
    if (settled.size >= REMEMBERED) settled.delete(settled.keys().next().value!)
    settled.set(epoch, counts)
  }

  async function entry(epoch: number, timeLeft: TimeLeft): Promise<AcceptedEpoch> {
    // Asked before the counts: what is closed now has all of them.
    const closed = now() >= epoch + epochLength + closeAfterMs
    const accepted = await acceptedIn(epoch, closed, timeLeft)
    return { epoch, accepted: Object.fromEntries(accepted), counts: 'at least', closed }
  }

  /**
   * A closed epoch of the directory. Its counts are kept there once they have been read: where a type waits
   * for weeks, every plan asks for all epochs since, and each of them is 16 queries.
   */
  async function listedEntry(
    { sk, counts }: Readonly<Record<string, AttributeValue>>,
    timeLeft: TimeLeft,
  ): Promise<AcceptedEpoch> {
    const epoch = epochOfKey(sk?.S ?? '')
    if (counts !== undefined)
      return {
        epoch,
        accepted: Object.fromEntries(sumCounts([{ counts }])),
        counts: 'at least',
        closed: true,
      }
    const known = await entry(epoch, timeLeft)
    if (known.closed) await settle({ ...options, timeLeft }, epoch, new Map(Object.entries(known.accepted)))
    return known
  }

  return {
    async epochs(after) {
      const timeLeft = timeLeftOf(timeoutMs)
      const from = after === undefined ? undefined : directoryKey(after)
      const listed = await itemsOf(options, { pk: DIRECTORY, after: from }, timeLeft)
      const items = listed.filter(({ sk }) => !isForgotten(options, epochOfKey(sk?.S ?? '')))
      const entries: AcceptedEpoch[] = []
      for (let i = 0; i < items.length; i += CONCURRENCY)
        entries.push(
          ...(await Promise.all(items.slice(i, i + CONCURRENCY).map(item => listedEntry(item, timeLeft)))),
        )
      return entries
    },
    async epoch(epoch): Promise<EpochLedger> {
      const timeLeft = timeLeftOf(timeoutMs)
      const known = await entry(epoch, timeLeft)
      if (!known.closed) return { ...known, rawComplete: false, short: {}, speedComplete: false }
      const [raw, speedComplete] = await Promise.all([
        rawOf(options, known, timeLeft),
        isSpeedComplete(options, types, known),
      ])
      return { ...known, ...raw, speedComplete }
    },
  }
}

function itemsOf(options: DynamodbLedgerOptions, range: Range, timeLeft: TimeLeft) {
  return queryAll({ ...options, timeLeft }, range, 'read the ledger in')
}

function isForgotten(options: DynamodbLedgerOptions, epoch: number): boolean {
  return expiryOf(options, epoch) <= options.now()
}

async function rawOf(
  options: DynamodbLedgerOptions,
  { epoch, accepted }: AcceptedEpoch,
  timeLeft: TimeLeft,
): Promise<Pick<EpochLedger, 'rawComplete' | 'short'>> {
  if (options.now() < epoch + options.epochLength + options.rawDelayMs)
    return { rawComplete: false, short: {} }
  const delivered = sumCounts(await itemsOf(options, { pk: deliveredKey(epoch) }, timeLeft))
  const lacks = Object.entries(accepted)
    .map(([type, count]) => [type, count - (delivered.get(type) ?? 0)] as const)
    .filter(([, missing]) => missing > 0)
  return { rawComplete: lacks.length === 0, short: Object.fromEntries(lacks) }
}

async function isSpeedComplete(
  options: DynamodbLedgerOptions,
  types: ReadonlySet<string>,
  { epoch, accepted }: AcceptedEpoch,
): Promise<boolean> {
  const wanted = Object.entries(accepted).filter(([type]) => types.has(type))
  const reached = wanted.map(([type, count]) => hasApplied(options, type, epoch, count))
  return (await Promise.all(reached)).every(Boolean)
}

/**
 * Whether the speed layer has counted as many receipts. A published epoch is done with: its tally is dropped.
 */
async function hasApplied(
  { speed, batch }: Pick<DynamodbLedgerOptions, 'speed' | 'batch'>,
  type: string,
  epoch: number,
  count: number,
): Promise<boolean> {
  const metric = tallyId(type)
  const keys = [{ window: TALLY_WINDOW, group: TALLY_GROUP }]
  const { cells } = await speed.epoch({ metric, epoch, keys })
  if (Number(cells[0]?.[TALLY.received] ?? 0) >= count) return true
  const boundary = await batch.boundary(metric)
  return boundary !== undefined && epoch <= boundary.epoch
}
