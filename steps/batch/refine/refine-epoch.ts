import { createHash } from 'node:crypto'
import { notesOf } from '../../../core/lake/lake-paths.ts'
import { folderOf, type Relation } from '../../../core/lake/relation.ts'
import type { LakeEngine, LakeSession } from '../../../core/ports/lake-engine.ts'
import type { LakeFolder, LakeObject } from '../../../core/ports/lake-folder.ts'
import { type CountedIds, hasIds } from '../../../core/sql/counted-ids.ts'
import type { LakeDialect } from '../../../core/sql/dialect.ts'
import {
  countedEarlier,
  displaced,
  partsWithGone,
  sharedHashes,
  withoutGone,
} from '../../../core/sql/duplicates.ts'
import { query } from '../../../core/sql/query.ts'
import { typedRows } from '../../../core/sql/refine.ts'
import { type PartNote, readNotes, writeNote } from './part-notes.ts'
import { columnsOfRows, leftOutOf, type RowsToRefine, refinePart } from './refine-part.ts'

/** Raw files are refined together up to this many bytes: one part each would be many for a quiet type. */
const PART_BYTES = 256e6
/** What a byte of gzip is counted for: a part is held in memory while duplicates are looked for. */
const GZIP_RATIO = 8

export type EpochToRefine = RowsToRefine & {
  readonly raw: readonly LakeObject[]
  /** Raw bytes of a part (`PART_BYTES`). */
  readonly partBytes?: number | undefined
}

/** Where rows are kept, and what makes them. */
export type RefineEngine = { readonly lake: LakeFolder; readonly engine: LakeEngine }

/** What an epoch of raw data came to. */
export type Refined = {
  /** Events received: distinct receipts. */
  readonly raw: number
  readonly curated: number
  readonly duplicates: number
  /** Lines that repeat a receipt: the transport delivered them again. */
  readonly redelivered: number
}

/**
 * Refines raw files to typed parts that have no duplicates among them, as far as they are not refined yet.
 * `atMost`: how many parts to make, of files that fill one; without it every file is refined.
 *
 * It may be called while the epoch is open, with the files that are whole, again and again: what it comes to
 * is the same.
 */
export async function refineParts(
  { lake, engine }: RefineEngine,
  task: EpochToRefine,
  atMost?: number,
): Promise<readonly PartNote[]> {
  const { dialect } = engine
  const noted = { ...task, shape: shapeOf(dialect, task) }
  return engine.session(async session => {
    const notes = [...(await readNotes(lake, dialect, session, noted))]
    const done = new Set(notes.flatMap(({ sources }) => sources.map(({ path }) => path)))
    const { raw, partBytes = PART_BYTES } = task
    const groups = grouped(
      raw.filter(({ path }) => !done.has(path)),
      partBytes,
    )
    for (const group of atMost === undefined ? groups : groups.filter(isFull(partBytes)).slice(0, atMost)) {
      const note = await refinePart(dialect, session, task, group, notes)
      await writeNote(dialect, session, noted, note, notes.length)
      notes.push(note)
    }
    return notes
  })
}

/** What parts hold, as long as no epoch is compared with the ones before it. */
export function totalOf(notes: readonly PartNote[]): Refined {
  const sum = (name: 'lines' | 'dropped' | 'redelivered') => notes.reduce((n, note) => n + note[name], 0)
  const [lines, dropped, redelivered] = [sum('lines'), sum('dropped'), sum('redelivered')]
  return {
    raw: lines - redelivered,
    curated: lines - dropped,
    duplicates: dropped - redelivered,
    redelivered,
  }
}

/**
 * Ends the refining of an epoch: takes out of its parts what an earlier epoch has counted (`earlier`), and
 * what a later part displaced. Only the parts that hold such a row, mostly none, are written again. Notes are
 * gone from here on.
 */
export async function closeParts(
  { lake, engine }: RefineEngine,
  { contract, helpers, target }: Omit<RowsToRefine, 'isUnchecked'>,
  notes: readonly PartNote[],
  earlier: CountedIds,
): Promise<Refined> {
  const { dialect } = engine
  const written = { ...target, parts: notes.map(({ part }) => part) }
  const total = totalOf(notes)
  if (notes.length === 0) return total
  return engine.session(async session => {
    await session.execute(query`CREATE TEMP TABLE gone AS ${displaced(dialect, leftOutOf(target, notes))}`)
    await addCounted(dialect, session, written, earlier)
    const touched = await session.rows(partsWithGone(dialect, written))
    // A part that is written again is not the one that its note describes.
    await lake.remove(notesOf(folderOf(target)))
    for (const row of touched) {
      const path = String(row['part'])
      const part = { ...target, parts: [path] }
      await session.write(withoutGone(dialect, part, columnsOfRows(contract, helpers)), path, 'open-parquet')
    }
    const gone = touched.reduce((sum, { n }) => sum + Number(n), 0)
    return { ...total, curated: total.curated - gone, duplicates: total.duplicates + gone }
  })
}

/** Adds to `gone` what earlier epochs have counted. */
async function addCounted(
  dialect: LakeDialect,
  session: LakeSession,
  written: Relation,
  earlier: CountedIds,
): Promise<void> {
  if (!hasIds(earlier)) return
  await session.execute(query`CREATE TEMP TABLE shared AS ${sharedHashes(dialect, written, earlier)}`)
  const [shared] = await session.rows(query`SELECT count(*) AS n FROM shared`)
  if (Number(shared?.['n']) === 0) return
  await session.execute(query`INSERT INTO gone ${countedEarlier(dialect, written, earlier, 'shared')}`)
}

/** Names the way in which raw lines become rows: the query, but for the files it reads. */
function shapeOf(dialect: LakeDialect, { contract, helpers, target, isUnchecked }: RowsToRefine): string {
  const raw = { ...target, kind: 'raw', parts: [] } as const
  const { sql } = typedRows(dialect, contract, helpers, raw, isUnchecked)
  return createHash('md5').update(sql).digest('hex')
}

/** Raw objects in groups that become a part each. */
function grouped(objects: readonly LakeObject[], partBytes: number): readonly (readonly LakeObject[])[] {
  const groups: LakeObject[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const object of objects) {
    if (bytes + sizeOf(object) > partBytes) {
      groups.push([])
      bytes = 0
    }
    groups.at(-1)!.push(object)
    bytes += sizeOf(object)
  }
  return groups
}

/** Whether there is enough raw data for a part: without an engine to ask. */
export function fillsPart({ raw, partBytes = PART_BYTES }: EpochToRefine): boolean {
  return bytesOf(raw) >= partBytes
}

/** Whether no further file would come into a group. */
function isFull(partBytes: number) {
  return (group: readonly LakeObject[], at: number, groups: readonly unknown[]): boolean =>
    at < groups.length - 1 || bytesOf(group) >= partBytes
}

function bytesOf(objects: readonly LakeObject[]): number {
  return objects.reduce((sum, object) => sum + sizeOf(object), 0)
}

function sizeOf({ path, bytes }: LakeObject): number {
  return path.endsWith('.gz') ? bytes * GZIP_RATIO : bytes
}
