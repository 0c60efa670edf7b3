import type { Contract } from '../../core/declare/pipeline.ts'
import { LINEAGE_COLUMNS } from '../../core/declare/pipeline.ts'
import type { Lake, LakeObject, LakeSession } from '../../core/ports/lake.ts'
import { curatedColumns, EVENT_HASH, EVENT_PARTITION, type Helpers } from '../../core/sql/curated.ts'
import type { Dialect } from '../../core/sql/dialect.ts'
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
  readonly epoch: number
  readonly raw: readonly LakeObject[]
  /** Addresses of curated parts in which an event makes this epoch's a duplicate. */
  readonly earlier: readonly string[]
  /** Lake folder to write to; emptied first. */
  readonly folder: string
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
export async function refineEpoch(lake: Lake, dialect: Dialect, task: EpochToRefine): Promise<Refined> {
  await lake.remove(task.folder)
  if (task.raw.length === 0) return { raw: 0, curated: 0, duplicates: 0, redelivered: 0 }
  return lake.session(async session => {
    let lines = 0
    const parts: string[] = []
    for (const group of grouped(task.raw)) {
      const path = `${task.folder}/part-${nameOf(group[0]!)}.parquet`
      const addresses = group.map(object => lake.address(object.path))
      const sql = typedRows(dialect, task.contract, task.helpers, task.epoch, addresses)
      lines += (await session.write(sql, path, 'parquet')).rows
      parts.push(path)
    }
    const { dropped, redelivered } = await dropDuplicates(lake, dialect, session, task, parts)
    return {
      raw: lines - redelivered,
      curated: lines - dropped,
      duplicates: dropped - redelivered,
      redelivered,
    }
  })
}

async function dropDuplicates(
  lake: Lake,
  dialect: Dialect,
  session: LakeSession,
  { contract, helpers, earlier }: EpochToRefine,
  parts: readonly string[],
): Promise<{ dropped: number; redelivered: number }> {
  const addresses = parts.map(lake.address)
  await session.execute(`CREATE TEMP TABLE repeated AS ${repeatedRows(dialect, addresses)}`)
  await session.execute('CREATE TEMP TABLE dropped AS SELECT __part, __row FROM repeated')
  if (earlier.length > 0) {
    await session.execute(`CREATE TEMP TABLE shared AS ${sharedHashes(dialect, addresses, earlier)}`)
    const [shared] = await session.rows('SELECT count(*) AS n FROM shared')
    if (Number(shared?.['n']) > 0) {
      const counted = countedEarlier(dialect, addresses, earlier, 'shared')
      await session.execute(`INSERT INTO dropped ${counted} EXCEPT SELECT __part, __row FROM dropped`)
    }
  }
  const columns = [...LINEAGE_COLUMNS, ...curatedColumns(contract, helpers), EVENT_HASH, EVENT_PARTITION]
  for (const row of await session.rows('SELECT DISTINCT __part FROM dropped')) {
    const path = parts.find(part => lake.address(part) === row['__part'])!
    await session.write(withoutDropped(dialect, lake.address(path), columns, 'dropped'), path, 'parquet')
  }
  const [counts] = await session.rows(
    'SELECT (SELECT count(*) FROM dropped) AS dropped, (SELECT count(*) FROM repeated WHERE redelivered) AS redelivered',
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
