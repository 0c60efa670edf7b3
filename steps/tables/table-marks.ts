import { parseTableMark, TABLE_MARKS, tableMark } from '../../core/lake/lake-paths.ts'
import type { LakeFolder } from '../../core/ports/lake-folder.ts'

/** An epoch of a type or metric that a run has published, or removed, and that its table is to show. */
export type TableMark = { readonly owner: string; readonly epoch: number; readonly run: string }

/**
 * Marks of what open tables lack. They are made before a boundary moves and removed after the table's
 * commit, so a crash leaves too many of them and never too few.
 */
export async function tableMarks(lake: Pick<LakeFolder, 'list'>): Promise<readonly TableMark[]> {
  return (await lake.list(TABLE_MARKS))
    .map(({ path }) => parseTableMark(path))
    .filter(mark => mark !== undefined)
}

/** Durable when it resolves; doing it again changes nothing. */
export function markForTable(lake: Pick<LakeFolder, 'put'>, { owner, epoch, run }: TableMark): Promise<void> {
  return lake.put(tableMark(owner, epoch, run), [])
}

export function endTableMark(
  lake: Pick<LakeFolder, 'remove'>,
  { owner, epoch, run }: TableMark,
): Promise<void> {
  return lake.remove(tableMark(owner, epoch, run))
}
