import type { Contract } from '../../../core/declare/pipeline.ts'
import { LINEAGE_COLUMNS } from '../../../core/declare/pipeline.ts'
import { folderOf, type TypePlace } from '../../../core/lake/relation.ts'
import type { LakeRow, LakeSession } from '../../../core/ports/lake-engine.ts'
import type { LakeObject } from '../../../core/ports/lake-folder.ts'
import { curatedColumns, EVENT_HASH, EVENT_PARTITION, type Helpers } from '../../../core/sql/curated.ts'
import type { LakeDialect } from '../../../core/sql/dialect.ts'
import { countedRows, leftOut, lineCounts, ranked, suspects } from '../../../core/sql/duplicates.ts'
import { type Query, query } from '../../../core/sql/query.ts'
import { typedRows, unreadFields } from '../../../core/sql/refine.ts'
import { leftOutPath, type PartNote } from './part-notes.ts'
import type { Unread } from './unread.ts'

export type RowsToRefine = {
  readonly contract: Contract
  readonly helpers: Helpers
  /** Where to write to. */
  readonly target: TypePlace
  /** Whether events may be older than what their fields are declared as (`isUnchecked`). */
  readonly isUnchecked: boolean
}

/**
 * Makes one part of raw objects: typed rows without those lines whose event is in the part, or in one before
 * it, already. Lines are read once and rows written once. Where a line was received before one that an
 * earlier part holds, its row comes into this part, and the other is noted to be taken out when the epoch is
 * closed: receipts come nearly in order, so there are next to none.
 */
export async function refinePart(
  dialect: LakeDialect,
  session: LakeSession,
  { contract, helpers, target, isUnchecked }: RowsToRefine,
  sources: readonly LakeObject[],
  before: readonly PartNote[],
): Promise<PartNote> {
  const known = {
    parts: { ...target, parts: before.map(({ part }) => part) },
    leftOut: leftOutOf(target, before),
  }
  const fill = (relation: string, rows: Query) =>
    session.execute(query`CREATE OR REPLACE TEMP TABLE ${relation} AS ${rows}`)
  const raw = { ...target, kind: 'raw', parts: sources.map(({ path }) => path) } as const
  await fill('fresh', typedRows(dialect, contract, helpers, raw, isUnchecked))
  await fill('suspects', suspects(dialect, known))
  await fill('ranked', ranked(dialect, known))
  const [row] = await session.rows(lineCounts())
  const count = (name: string) => Number(row?.[name])

  const name = nameOf(sources[0]!)
  const part = `${folderOf(target)}/part-${name}.parquet`
  const { bytes } = await session.write(
    countedRows(dialect, columnsOfRows(contract, helpers)),
    part,
    'open-parquet',
  )
  const beside = count('dropped') + count('displaced') > 0 ? leftOutPath(target, name) : undefined
  if (beside !== undefined) await session.write(leftOut(), beside, 'parquet')
  return {
    part,
    bytes,
    sources,
    lines: count('lines'),
    dropped: count('dropped'),
    redelivered: count('redelivered'),
    leftOut: beside,
    unread: isUnchecked ? (await session.rows(unreadFields())).map(unreadField) : [],
  }
}

function unreadField(row: LakeRow): Unread {
  return { field: String(row['field']), events: Number(row['events']), receipt: String(row['receipt']) }
}

/** The lines that parts have left out. */
export function leftOutOf({ type, epoch }: TypePlace, notes: readonly PartNote[]) {
  const parts = notes.flatMap(note => (note.leftOut === undefined ? [] : [note.leftOut]))
  return { kind: 'left-out', type, epoch, parts } as const
}

/** Every column of a curated row. */
export function columnsOfRows(contract: Contract, helpers: Helpers): readonly string[] {
  return [...LINEAGE_COLUMNS, ...curatedColumns(contract, helpers), EVENT_HASH, EVENT_PARTITION]
}

function nameOf({ path }: LakeObject): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/\.[^.]*$/, '')
}
