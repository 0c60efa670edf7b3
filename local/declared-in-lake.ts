import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { KeptField, KeptType, Remembered } from '../core/declare/changes/remembered.ts'
import type { Pipeline } from '../core/declare/pipeline.ts'
import { LINEAGE_COLUMNS } from '../core/declare/pipeline.ts'
import { type FolderLake, openFolderLake } from '../drivers/compose/folder-lake.ts'
import { curatedEpochs, relationAt } from '../steps/batch/lookup.ts'

/**
 * What the newest curated epoch of each declared type was refined as: columns and their types. It is all that
 * an older data folder says of its declarations.
 */
export async function declaredInLake(folder: string, { latest }: Pipeline): Promise<Remembered> {
  if (!existsSync(join(folder, 'curated'))) return {}
  const lake = await openFolderLake({ folder })
  try {
    const kept: [string, KeptType][] = []
    for (const [type, { version }] of latest) {
      const fields = await newestColumns(lake, type)
      if (fields.length > 0) kept.push([type, { version, fields }])
    }
    return Object.fromEntries(kept)
  } finally {
    lake.close()
  }
}

async function newestColumns({ lake, engine }: FolderLake, type: string): Promise<readonly KeptField[]> {
  const epoch = (await curatedEpochs(lake, type)).at(-1)
  if (epoch === undefined) return []
  const relation = await relationAt(lake, { kind: 'curated', type, epoch })
  if (relation.parts.length === 0) return []
  const rows = await engine.session(session => session.rows(engine.dialect.columns([relation])))
  const lineage = new Set<unknown>(LINEAGE_COLUMNS)
  return rows.flatMap(({ column_name: column, column_type: columnType }) => {
    const held = engine.dialect.storedType(String(columnType))
    return held === undefined || lineage.has(column) ? [] : [{ column: String(column), ...held }]
  })
}
