import { notesOf } from '../../../core/lake/lake-paths.ts'
import { folderOf, type Relation } from '../../../core/lake/relation.ts'
import type { HeavyEngine } from '../../../core/ports/heavy-engine.ts'
import type { CountedIds } from '../../../core/sql/counted-ids.ts'
import { type Query, query } from '../../../core/sql/query.ts'
import { typedRows } from '../../../core/sql/refine.ts'
import { storedRows } from '../../../core/sql/whole-epoch/as-stored.ts'
import { countedBefore, countedLines, deliveredLines } from '../../../core/sql/whole-epoch/lines.ts'
import type { EpochToRefine, Refined, RefineEngine } from '../refine/refine-epoch.ts'
import { columnsOfRows } from '../refine/refine-part.ts'

/**
 * Refines an epoch by an engine that takes all of it at once, into the place where parts are built. `check`
 * is told what raw data has before any of it is stored, and may throw.
 */
export async function refineWhole(
  { lake, engine }: RefineEngine,
  heavy: HeavyEngine,
  task: EpochToRefine,
  earlier: CountedIds,
  check: (total: Pick<Refined, 'raw'>) => Promise<void>,
): Promise<Refined> {
  const { contract, helpers, target, raw } = task
  const lines: Relation = { ...target, kind: 'raw', parts: raw.map(({ path }) => path) }
  const columns = columnsOfRows(contract, helpers)
  const before = countedBefore(heavy.dialect, [...earlier.rows, ...earlier.slices])
  const rows = countedLines(
    heavy.dialect,
    typedRows(heavy.dialect, contract, helpers, lines),
    columns,
    before,
  )
  const counts = deliveredLines(heavy.dialect, contract, lines)
  return heavy.run([counts, rows], ([counted = [], refined = []]) =>
    engine.session(async session => {
      const { dialect } = engine
      const [row] = await session.rows(query`SELECT * FROM ${dialect.scan([aside(counted)])} AS c`)
      const redelivered = Number(row?.['redelivered'])
      const total = Number(row?.['lines']) - redelivered
      await check({ raw: total })
      // Parts that another engine began with, and what it noted of them.
      await lake.remove(folderOf(target))
      await lake.remove(notesOf(folderOf(target)))
      let curated = 0
      for (const [i, part] of refined.entries()) {
        const path = `${folderOf(target)}/${partName(i)}`
        const stored = storedRows(dialect, contract, heavy.forms, aside([part]), columns)
        curated += (await session.write(stored, path, 'open-parquet')).rows
      }
      // Every event of it is a duplicate: that too has to take the place of what was there.
      if (refined.length === 0 && total > 0)
        await session.write(noRows(), `${folderOf(target)}/${partName(0)}`, 'open-parquet')
      return { raw: total, curated, duplicates: total - curated, redelivered }
    }),
  )

  function noRows(): Query {
    const { dialect } = engine
    const typed = typedRows(dialect, contract, helpers, { ...lines, parts: lines.parts.slice(0, 1) })
    const names = columns.map(dialect.identifier).join(', ')
    return query`SELECT ${names} FROM (${typed}) AS r WHERE false`
  }
}

function partName(i: number): string {
  return `part-${String(i).padStart(5, '0')}.parquet`
}

/** What another engine has made, which is nobody's yet. */
export function aside(parts: readonly string[]): Relation {
  return { kind: 'notes', type: '', epoch: 0, parts }
}
