import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { TributaryError } from '../../../core/errors.ts'
import type { Claim, Markers, Verdict } from '../../../core/ports/markers.ts'
import { outOfTime, WIDTH } from '../../aws/dynamodb/table.ts'
import { inParallel } from '../../aws/in-parallel.ts'
import { timeLeftOf } from '../../aws/retry.ts'
import { judge, type Marker, markerId, markerOf, receiptKey } from './marker.ts'
import { insertMarkers, type MarkersTable, type Outcome, replaceMarker } from './table.ts'

/** Settings of `createDynamodbMarkers`. */
export type DynamodbMarkersOptions = {
  readonly client: DynamoDBClient
  /** Table with the key `pk` (text) and `expires` as its time to live. */
  readonly table: string
  /** Epochs after its own through which a claim holds. */
  readonly horizon: number
  /** Milliseconds. */
  readonly epochLength: number
  /**
   * How far the consumer may lag behind ingest, ms: the stream's retention. Default a day, as a Kinesis
   * stream has it.
   */
  readonly lagMs?: number
  /** Milliseconds that one call may take. Default 10 s. */
  readonly timeoutMs?: number
  /** Requests in flight at the same time; default 8, of 25 markers each. */
  readonly concurrency?: number
}

/** The claims of one key, in order, and how far they are judged. */
type Line = {
  readonly id: string
  readonly claims: readonly Claim[]
  readonly places: readonly number[]
  next: number
  /** The marker that stands, as far as it is known. */
  marker: Marker | undefined
}

const DAY = 86_400_000

/**
 * Markers as items of a DynamoDB table: a claim is a conditional write. A new id costs one write unit; a
 * redelivery one write unit and one read; a duplicate one write unit more, for the marker of its receipt, by
 * which a repeat of it is known.
 *
 * A marker found beyond the horizon counts as absent, as the table deletes late. Markers are kept past their
 * horizon for as long as the consumer may lag.
 *
 * Safe to call from any number of processes. A call whose answer is lost may have made its claims: they are
 * then `redelivery`, to itself when it tries again as to a later call.
 *
 * @throws (`claim`) TributaryError `overloaded` or `timeout` when the table does not take all claims in time,
 * and
 *   `unavailable`, `storage_failed` as the failure is; claims made before stay made
 * @example
 * const markers = createDynamodbMarkers({ client, table: 'tributary-dev-markers', horizon: 24, epochLength: 3_600_000 })
 */
export function createDynamodbMarkers(options: DynamodbMarkersOptions): Markers {
  const { client, table, horizon, epochLength } = options
  const { lagMs = DAY, timeoutMs = 10_000, concurrency = WIDTH } = options
  check('horizon', horizon >= 0)
  check('epochLength', epochLength > 0)
  check('concurrency', Number.isInteger(concurrency) && concurrency > 0)
  const reach = horizon * epochLength
  const expires = (epoch: number) => Math.ceil((epoch + reach + epochLength + lagMs) / 1000)
  const begin = () => ({ client, table, width: concurrency, expires, timeLeft: timeLeftOf(timeoutMs) })

  return {
    tellsRepeats: true,
    async claim(claims) {
      const access = begin()
      const verdicts = await settle(access, claims, reach)
      const places = [...verdicts.keys()].filter(place => verdicts[place] === 'duplicate')
      if (places.length === 0) return verdicts
      const receipts = places.map(place => {
        const claim = claims[place]!
        return { ...claim, key: receiptKey(claim.receipt) }
      })
      const again = await settle(access, receipts, reach)
      places.forEach((place, i) => {
        if (again[i] === 'repeat') verdicts[place] = 'repeat'
      })
      return verdicts
    },
  }
}

/**
 * Judges claims, each round as far as the markers known allow; later claims of a key need no further request.
 */
async function settle(access: MarkersTable, claims: readonly Claim[], reach: number): Promise<Verdict[]> {
  const verdicts: Verdict[] = []
  let open = linesOf(claims)
  while (open.length > 0) {
    // Each round settles a claim of every line unless another caller comes between, so only time can run out.
    if (access.timeLeft() <= 0) throw outOfTime(access, `take ${open.length} markers`)
    const wanted = new Map(open.map(line => [line, markerOf(line.claims[line.next]!, line.marker)]))
    const fresh = open.filter(line => line.marker === undefined)
    const stale = open.filter(line => line.marker !== undefined)
    const named = fresh.map(line => ({ id: line.id, marker: wanted.get(line)! }))
    const inserted = await insertMarkers(access, named)
    for (const [i, line] of fresh.entries()) take(line, wanted.get(line)!, inserted[i]!, verdicts)
    await inParallel(stale, access.width ?? WIDTH, async line => {
      const marker = wanted.get(line)!
      const outcome = await replaceMarker(access, { id: line.id, marker }, line.marker!)
      take(line, marker, outcome, verdicts)
    })
    for (const line of open) judgeOn(line, reach, verdicts)
    open = open.filter(({ next, claims }) => next < claims.length)
  }
  return verdicts
}

function take(line: Line, wanted: Marker, outcome: Outcome, verdicts: Verdict[]): void {
  line.marker = outcome.kind === 'stands' ? outcome.marker : undefined
  if (outcome.kind !== 'made') return
  line.marker = wanted
  verdicts[line.places[line.next]!] = 'first'
  line.next += 1
}

/** Judges the claims of a line up to one for which its marker holds no longer. */
function judgeOn(line: Line, reach: number, verdicts: Verdict[]): void {
  for (; line.marker !== undefined && line.next < line.claims.length; line.next += 1) {
    const verdict = judge(line.marker, line.claims[line.next]!, reach)
    if (verdict === undefined) return
    verdicts[line.places[line.next]!] = verdict
  }
}

function linesOf(claims: readonly Claim[]): readonly Line[] {
  const lines = new Map<string, Line & { claims: Claim[]; places: number[] }>()
  claims.forEach((claim, place) => {
    const id = markerId(claim.key)
    const line = lines.get(id)
    if (line === undefined)
      lines.set(id, { id, claims: [claim], places: [place], next: 0, marker: undefined })
    else {
      line.claims.push(claim)
      line.places.push(place)
    }
  })
  return [...lines.values()]
}

function check(setting: string, valid: boolean): void {
  if (!valid) throw new TributaryError('invalid_setting', `markers cannot work with this ${setting}`)
}
