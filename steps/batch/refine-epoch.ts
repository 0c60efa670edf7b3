import type { Contract } from '../../core/declare/pipeline.ts'
import { LINEAGE_COLUMNS } from '../../core/declare/pipeline.ts'
import { folderOf, type Relation, type TypePlace } from '../../core/lake/relation.ts'
import type { LakeEngine, LakeSession } from '../../core/ports/lake-engine.ts'
import type { LakeFolder, LakeObject } from '../../core/ports/lake-folder.ts'
import { curatedColumns, EVENT_HASH, EVENT_PARTITION, type Helpers } from '../../core/sql/curated.ts'
import type { Dialect } from '../../core/sql/dialect.ts'
import { query } from '../../core/sql/query.ts'
import {
  countedEarlier,
  repeatedRows,
  sharedHashes,
  typedRows,
  withoutDropped,
} from '../../core/sql/refine.ts'

/** Raw files are refined together up to this many bytes: one part each would be many for a quiet type. */
const PART_BYTES = 256e6

export type EpochToRefine = {
  readonly contract: Contract
  readonly helpers: Helpers
  readonly raw: readonly LakeObject[]
  /** Curated rows in which an event makes this epoch's a duplicate. */
  readonly earlier: readonly Relation[]
  /** Where to write to; emptied first. */
  readonly target: TypePlace
}

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
 * Refines raw files to typed parts without duplicates. Every part is written once, as duplicates are few and mostly none;
 * then the parts that hold a duplicate are written again without it.
 */
export async function refineEpoch(
  { lake, engine }: { readonly lake: LakeFolder; readonly engine: LakeEngine },
  task: EpochToRefine,
): Promise<Refined> {
  const { target } = task
  const { dialect } = engine
  const folder = folderOf(target)
  await lake.remove(folder)
  if (task.raw.length === 0) return { raw: 0, curated: 0, duplicates: 0, redelivered: 0 }
  return engine.session(async session => {
    let lines = 0
    const parts: string[] = []
    for (const group of grouped(task.raw)) {
      const path = `${folder}/part-${nameOf(group[0]!)}.parquet`
      const raw: Relation = { ...target, kind: 'raw', parts: group.map(object => object.path) }
      const rows = typedRows(dialect, task.contract, task.helpers, raw)
      lines += (await session.write(rows, path, 'parquet')).rows
      parts.push(path)
    }
    const { dropped, redelivered } = await dropDuplicates(dialect, session, task, {
      ...target,
      parts,
    })
    return {
      raw: lines - redelivered,
      curated: lines - dropped,
      duplicates: dropped - redelivered,
      redelivered,
    }
  })
}

async function dropDuplicates(
  dialect: Dialect,
  session: LakeSession,
  { contract, helpers, earlier }: EpochToRefine,
  written: Relation,
): Promise<{ dropped: number; redelivered: number }> {
  await session.execute(query`CREATE TEMP TABLE repeated AS ${repeatedRows(dialect, written)}`)
  await session.execute(query`CREATE TEMP TABLE dropped AS SELECT __part, __row FROM repeated`)
  if (earlier.length > 0) {
    await session.execute(query`CREATE TEMP TABLE shared AS ${sharedHashes(dialect, written, earlier)}`)
    const [shared] = await session.rows(query`SELECT count(*) AS n FROM shared`)
    if (Number(shared?.['n']) > 0) {
      const counted = countedEarlier(dialect, written, earlier, 'shared')
      await session.execute(query`INSERT INTO dropped ${counted} EXCEPT SELECT __part, __row FROM dropped`)
    }
  }
  const columns = [...LINEAGE_COLUMNS, ...curatedColumns(contract, helpers), EVENT_HASH, EVENT_PARTITION]
  for (const row of await session.rows(query`SELECT DISTINCT __part FROM dropped`)) {
    const path = String(row['__part'])
    const part = { ...written, parts: [path] }
    await session.write(withoutDropped(dialect, part, columns, 'dropped'), path, 'parquet')
  }
  const [counts] = await session.rows(
    query`SELECT (SELECT count(*) FROM dropped) AS dropped, (SELECT count(*) FROM repeated WHERE redelivered) AS redelivered`,
  )
  return { dropped: Number(counts?.['dropped']), redelivered: Number(counts?.['redelivered']) }
}

function* grouped(objects: readonly LakeObject[]): Generator<readonly LakeObject[]> {
  let group: LakeObject[] = []
  let bytes = 0
  for (const object of objects) {
    if (group.length > 0 && bytes + object.bytes > PART_BYTES) {
      yield group
      group = []
      bytes = 0
    }
    group.push(object)
    bytes += object.bytes
  }
  if (group.length > 0) yield group
}

function nameOf({ path }: LakeObject): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/\.[^.]*$/, '')
}
