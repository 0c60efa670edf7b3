import { combineCells } from '../../core/cells/cells.ts'
import { CELLS } from '../../core/cells/table.ts'
import type { Relation } from '../../core/lake/relation.ts'
import { query } from '../../core/sql/query.ts'
import { REPEATED } from '../batch/aggregate.ts'
import type { LookTask } from './look-into-lake.ts'
import type { StoredCell } from './stored-cells.ts'

/**
 * Which cells of the metric have each value hashed once and looked up: those whose values repeat, as what is
 * stored of them tells. Hashes of ten million events take longer than all else; where hardly a value comes
 * twice, looking them up would take that long again.
 */
export async function repeatingCells(
  { session, engine, metric }: LookTask,
  curated: readonly Relation[],
  stored: readonly StoredCell[],
): Promise<readonly boolean[]> {
  if (stored.length === 0 || !metric.kinds.some(kind => CELLS[kind].differing !== undefined)) return []
  const all = stored.map(({ cells }) => cells).reduce((a, b) => combineCells(metric.kinds, a, b))
  const rows = await session.rows(query`SELECT count(*) AS n FROM ${engine.dialect.scan(curated)} AS c`)
  const most = Number(rows[0]?.['n']) / REPEATED
  return metric.kinds.map((kind, i) => (CELLS[kind].differing?.(all[i]!) ?? Number.POSITIVE_INFINITY) < most)
}
