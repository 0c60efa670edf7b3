import type { Attempt } from './attempts.ts'
import { csvCells } from './csv-cells.ts'
import { OWN, type StoredTrip, THEIRS } from './narrow-world.ts'

export type Given = { readonly status: number; readonly text: string }

/** Where somebody else's is told of, but for names that the attempt has in it itself. */
const HIDDEN = /\/hidden|theirs-flight|trbs_|"digest"|BEGIN PUBLIC/

/**
 * What an answer shows beyond what its caller may see, by a naive look at the events that were sent;
 * undefined: nothing.
 */
export function widened(attempt: Attempt, given: Given, trips: readonly StoredTrip[]): string | undefined {
  const { status, text } = given
  if (status >= 500 && status !== 503) return `it fails: ${status}`
  // 422 is said of events that were judged.
  if (attempt.isForged && (status < 400 || status === 422)) return 'it is let in'
  if (HIDDEN.test(text)) return 'it has something of another row'
  if (status >= 300) return undefined
  const theirs = trips.find(({ board, id }) => board !== OWN && text.includes(id) && !asks(attempt, id))
  if (theirs !== undefined) return `it has the event ${theirs.id}`
  const large = numbersOf(attempt, given).find(number => Math.abs(number) >= THEIRS)
  if (large !== undefined) return `it has the number ${large}, which is of others`
  return countsOf(attempt, given, trips)
}

const asks = ({ path }: Attempt, id: string) => decodeURIComponent(path).includes(id)

/** Numbers as values: rows of metrics, cells of statements. Texts with times in them are none. */
function numbersOf({ kind, headers }: Attempt, { text }: Given): readonly number[] {
  if (headers['accept'] === 'text/csv') return csvCells(text).map(Number).filter(Number.isFinite)
  if (!['query', 'several', 'parquet', 'stream', 'explain', 'sql', 'forgery', 'headers'].includes(kind))
    return []
  return text
    .split('\n')
    .map(line => line.replace(/^data: /, ''))
    .filter(line => line.startsWith('{'))
    .flatMap(line => numbersIn(JSON.parse(line)))
}

function numbersIn(value: unknown): readonly number[] {
  if (typeof value === 'number' || (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value)))
    return [Number(value)]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, one]) => (BESIDE.has(name) ? [] : numbersIn(one)))
}

const BESIDE: ReadonlySet<string> = new Set(['provenance', 'ms', 'bytes', 'partition', 'lateMs', 'late'])

type Row = {
  readonly group: { readonly hoverboard_id?: number }
  readonly values: { readonly trips?: number }
}

/** Rows are of own groups, and their trips together no more than the naive filter finds. */
function countsOf(
  { kind, headers }: Attempt,
  { text }: Given,
  trips: readonly StoredTrip[],
): string | undefined {
  if (!['query', 'several', 'forgery', 'parquet'].includes(kind) || headers['accept'] === 'text/csv')
    return undefined
  const body = JSON.parse(text) as { rows?: readonly Row[]; answers?: readonly { rows: readonly Row[] }[] }
  const own = trips.filter(({ board }) => board === OWN).length
  for (const rows of [body.rows ?? [], ...(body.answers ?? []).map(one => one.rows)]) {
    const group = rows.find(one => (one.group.hoverboard_id ?? OWN) !== OWN)
    if (group !== undefined) return `it has the group ${JSON.stringify(group.group)}`
    const count = rows.reduce((sum, one) => sum + (one.values.trips ?? 0), 0)
    if (count > own) return `it counts ${count} trips, and ${own} are there to be seen`
  }
  return undefined
}
