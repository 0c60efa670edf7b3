import { TributaryError } from '../../core/errors.ts'
import type { Places, StoredBatch, StreamReader } from '../../core/ports/stream/stream-reader.ts'
import { type ApplySpeed, isOfItsRecords, type SpeedRecord } from '../apply-speed.ts'

export type ApplyPiecePorts = {
  readonly reader: StreamReader
  readonly apply: (ids: ReadonlySet<string>) => ApplySpeed
  readonly recordsAtOnce?: number
}

/** What a piece of a replay is to do. */
export type Piece = {
  readonly ids: ReadonlySet<string>
  /** First epoch whose records count, ms since 1970. */
  readonly from: number
  readonly after: Places
  /** ms until the piece has to end. */
  readonly left: () => number
}

/** What a piece came to. `isDone`: the stream has been read through its end. */
export type AppliedPiece = {
  readonly isDone: boolean
  /** How far the parts are applied that this piece has read of. */
  readonly places: Places
  readonly records: number
  readonly events: number
  readonly duplicates: number
  readonly unreadable: number
}

/** Ingest stamps an epoch by its own clock, the stream an arrival by another, ms. */
const SKEW_MS = 60_000
/** Records applied at once, as the consumer would. */
const CHUNK = 250

/** Applies the stream from where the piece before stood, as far as time, or the number of records, allows. */
export async function applyPiece(ports: ApplyPiecePorts, piece: Piece): Promise<AppliedPiece> {
  const { reader, recordsAtOnce = Number.POSITIVE_INFINITY } = ports
  const apply = ports.apply(piece.ids)
  const counts = { records: 0, events: 0, duplicates: 0, unreadable: 0 }
  const places: Record<string, string> = {}
  const size = Math.min(CHUNK, recordsAtOnce)
  const isOver = () => counts.records >= recordsAtOnce || piece.left() <= 0

  const each = async ({ shard, last, records, unreadable }: StoredBatch): Promise<void> => {
    for (let at = 0; at < records.length; at += size) {
      if (isOver()) throw STOP
      const chunk = records.slice(at, at + size)
      const open = chunk.filter(({ data }) => !isBefore(data, piece.from))
      const outcome = await applyAll(apply, open)
      counts.records += open.length
      counts.events += outcome.counted
      counts.duplicates += outcome.duplicates
      counts.unreadable += outcome.unreadable
      places[shard] = chunk.at(-1)!.place
    }
    counts.unreadable += unreadable
    places[shard] = last
  }
  const signal = AbortSignal.timeout(Math.max(0, Math.floor(piece.left())))
  // Also where the stream or the speed step hangs in one call.
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(STOP), { once: true })
    if (signal.aborted) reject(STOP)
  })
  try {
    await Promise.race([reader.read({ from: piece.from - SKEW_MS, after: piece.after, signal }, each), late])
    return { isDone: true, ...counts, places }
  } catch (error) {
    if (error !== STOP && !signal.aborted) throw error
    return { isDone: false, ...counts, places: { ...places } }
  }
}

/** Ends the reading of a piece. */
const STOP = new TributaryError('timeout', 'the piece is over')

type Applied = { readonly counted: number; readonly duplicates: number; readonly unreadable: number }

/**
 * Applies records, but for those that no retry can help: the consumer left them in the dead letters, and the
 * rest goes on.
 */
async function applyAll(apply: ApplySpeed, records: readonly SpeedRecord[]): Promise<Applied> {
  if (records.length === 0) return { counted: 0, duplicates: 0, unreadable: 0 }
  try {
    const { counted, duplicates, unreadable } = await apply(records)
    return { counted, duplicates, unreadable: unreadable.length }
  } catch (error) {
    if (!isOfItsRecords(error)) throw error
    if (records.length === 1) return { counted: 0, duplicates: 0, unreadable: 1 }
    const middle = records.length >>> 1
    const first = await applyAll(apply, records.slice(0, middle))
    const second = await applyAll(apply, records.slice(middle))
    return {
      counted: first.counted + second.counted,
      duplicates: first.duplicates + second.duplicates,
      unreadable: first.unreadable + second.unreadable,
    }
  }
}

/**
 * Whether a record is of an epoch before `epoch`, read off its first line; what is not written so is left to
 * the speed step.
 */
function isBefore(data: string, epoch: number): boolean {
  const own = /^\{"tbreceipt":"[^"]*","tbepoch":(\d+)/.exec(data)?.[1]
  return own !== undefined && Number(own) < epoch
}
