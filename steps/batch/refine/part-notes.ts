import { notesOf } from '../../../core/lake/lake-paths.ts'
import { folderOf, type TypePlace } from '../../../core/lake/relation.ts'
import type { LakeRow, LakeSession } from '../../../core/ports/lake-engine.ts'
import type { LakeFolder, LakeObject } from '../../../core/ports/lake-folder.ts'
import type { LakeDialect } from '../../../core/sql/dialect.ts'
import { query } from '../../../core/sql/query.ts'
import type { Unread } from './unread.ts'

/**
 * What is known of one part of an epoch that is being refined. It is written after the part, so a part
 * without one is not whole; together with the parts they let refining go on where it was: at the next raw
 * file, or after a crash.
 */
export type PartNote = {
  /** Lake path and size of the part. */
  readonly part: string
  readonly bytes: number
  /** Raw objects that are in it, as they were. */
  readonly sources: readonly LakeObject[]
  /**
   * Lines read, lines of them that count no event, and lines of those that the transport had delivered
   * before.
   */
  readonly lines: number
  readonly dropped: number
  readonly redelivered: number
  /**
   * Lake path of the lines that count no event, of this part or of those before; undefined where there are
   * none.
   */
  readonly leftOut: string | undefined
  /** What its events have under names of fields and cannot be read as those. */
  readonly unread: readonly Unread[]
}

/** The epoch that notes belong to. */
export type NotedEpoch = {
  /** Raw objects as they are now. */
  readonly raw: readonly LakeObject[]
  /** Where the parts are. */
  readonly target: TypePlace
  /** Names the way in which raw lines become rows: parts made in another one are of no use. */
  readonly shape: string
}

/** Where the lines that count no event are kept beside a part. */
export function leftOutPath(target: TypePlace, name: string): string {
  return `${notesOf(folderOf(target))}/part-${name}.left-out.parquet`
}

/** Writes a note: the last thing that is done for a part. `place`: how many parts there are before it. */
export async function writeNote(
  dialect: LakeDialect,
  session: LakeSession,
  { target, shape }: NotedEpoch,
  note: PartNote,
  place: number,
): Promise<void> {
  const { text } = dialect
  const { part, bytes, lines, dropped, redelivered, leftOut } = note
  const numbers = { place, bytes, lines, dropped, redelivered }
  const columns = [
    ...Object.entries(numbers).map(([name, value]) => `${value} AS ${name}`),
    ...Object.entries({ part, shape, left_out: leftOut ?? '', unread: JSON.stringify(note.unread) }).map(
      ([name, value]) => `${text(value)} AS ${name}`,
    ),
  ]
  const sources = note.sources.map(source => `(${text(source.path)}, ${source.bytes})`)
  const row = query`SELECT ${columns.join(', ')}, source, source_bytes FROM (VALUES ${sources.join(', ')}) AS s(source, source_bytes)`
  await session.write(row, `${notesOf(folderOf(target))}/${nameOf(part)}.note.parquet`, 'parquet')
}

/**
 * The notes of an epoch, in order of their parts, where all of them are true: raw objects as they were, parts
 * and what belongs to them there, none missing. Where any is not, all that was made is removed and refining
 * begins anew: which lines a part leaves out depends on the parts before it. Parts without a note are removed
 * too.
 */
export async function readNotes(
  lake: LakeFolder,
  dialect: LakeDialect,
  session: LakeSession,
  epoch: NotedEpoch,
): Promise<readonly PartNote[]> {
  const folder = folderOf(epoch.target)
  const beside = await lake.list(notesOf(folder))
  const parts = await lake.list(folder)
  const noted = beside.filter(({ path }) => path.endsWith('.note.parquet')).map(({ path }) => path)
  const scan = dialect.scan([{ ...epoch.target, kind: 'notes', parts: noted }])
  const rows = noted.length === 0 ? [] : await session.rows(query`SELECT * FROM ${scan} AS n ORDER BY place`)
  const notes = [...Map.groupBy(rows, row => String(row['part'])).values()].map(noteIn)
  if (!notes.every(isTrue(epoch, parts, beside))) {
    await lake.remove(notesOf(folder))
    await lake.remove(folder)
    return []
  }
  const known = new Set(notes.map(({ part }) => part))
  for (const { path } of parts) if (!known.has(path)) await lake.remove(path)
  return notes
}

type StoredNote = PartNote & { readonly place: number; readonly shape: string }

function noteIn(rows: readonly LakeRow[]): StoredNote {
  const number = (name: string) => Number(rows[0]![name])
  const text = (name: string) => String(rows[0]![name])
  return {
    part: text('part'),
    bytes: number('bytes'),
    sources: rows.map(row => ({ path: String(row['source']), bytes: Number(row['source_bytes']) })),
    lines: number('lines'),
    dropped: number('dropped'),
    redelivered: number('redelivered'),
    leftOut: text('left_out') === '' ? undefined : text('left_out'),
    // A note of an earlier version has none.
    unread: JSON.parse(String(rows[0]!['unread'] ?? '[]')) as readonly Unread[],
    place: number('place'),
    shape: text('shape'),
  }
}

function isTrue({ raw, shape }: NotedEpoch, parts: readonly LakeObject[], beside: readonly LakeObject[]) {
  const sizes = new Map([...raw, ...parts, ...beside].map(({ path, bytes }) => [path, bytes]))
  return (note: StoredNote, place: number): boolean =>
    note.place === place &&
    note.shape === shape &&
    note.sources.every(({ path, bytes }) => sizes.get(path) === bytes) &&
    sizes.get(note.part) === note.bytes &&
    (note.leftOut === undefined || sizes.has(note.leftOut))
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/\.[^.]*$/, '')
}
