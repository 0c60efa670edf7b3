import { type CellValues, formatCell } from '../../core/cells/cells.ts'
import type { Metric } from '../../core/declare/metric-plan.ts'
import { type CsvValue, csvLine } from '../../core/lake/csv.ts'
import { historyFolder, historyText } from '../../core/lake/history-paths.ts'
import { dataIn, journalPath, staged } from '../../core/lake/lake-paths.ts'
import type { Relation } from '../../core/lake/relation.ts'
import type { LakeEngine, LakeSession } from '../../core/ports/lake-engine.ts'
import type { LakeFolder } from '../../core/ports/lake-folder.ts'
import type { BatchViews, PartialKey } from '../../core/ports/views.ts'
import { GROUP_COLUMN, WINDOW_COLUMN } from '../../core/sql/aggregate.ts'
import { historyColumns, historyOfText } from '../../core/sql/history.ts'
import { query } from '../../core/sql/query.ts'

export type KeepBeforePorts = {
  readonly lake: LakeFolder
  readonly engine: LakeEngine
  readonly batch: Pick<BatchViews, 'read'>
}

/** A generation that is written and not committed, with its journal. */
export type OpenGeneration = { readonly epoch: number; readonly generation: number }

/**
 * Keeps what the keys that a generation changes have had before it, so that answers of before can be given
 * again. It comes before the boundary moves, from what is committed then: doing it again comes to the same,
 * and what a run that dies leaves is replaced by the run that writes that generation after it.
 */
export async function keepBefore(
  { lake, engine, batch }: KeepBeforePorts,
  metric: Metric,
  { epoch, generation }: OpenGeneration,
): Promise<void> {
  const path = journalPath(metric.id, epoch, generation)
  // Without one there is nothing to publish, and no generation.
  if ((await lake.list(path.slice(0, path.lastIndexOf('/')))).every(object => object.path !== path)) return
  const journal: Relation = { kind: 'journal', metric: metric.id, epoch, parts: [path] }
  const [text, target] = [historyText(metric.id), historyFolder(metric.id, generation)]
  await lake.remove(staged(target))
  await engine.session(async session => {
    await lake.put(text, lines(session))
    const rows: Relation = { kind: 'history', metric: metric.id, epoch, parts: [text] }
    await session.write(historyOfText(engine.dialect, metric, rows), dataIn(staged(target)), 'parquet')
  })
  await lake.replace(staged(target), target)
  await lake.remove(text)

  async function* lines(session: LakeSession): AsyncGenerator<string> {
    yield csvLine(historyColumns(metric).map(({ name }) => name))
    for await (const rows of session.stream(query`SELECT * FROM ${engine.dialect.scan([journal])} AS j`)) {
      const keys = rows.map(row => ({
        window: Number(row[WINDOW_COLUMN]),
        group: String(row[GROUP_COLUMN]),
      }))
      const cells = await batch.read(metric.id, keys)
      yield keys.map((key, i) => csvLine([...valuesOf(metric, key, cells[i]), generation])).join('')
    }
  }
}

function valuesOf(metric: Metric, { window, group }: PartialKey, cells: CellValues | undefined): CsvValue[] {
  const texts = metric.kinds.map((kind, i) => (cells === undefined ? null : formatCell(kind, cells[i]!)))
  return [window, group, ...texts, cells !== undefined]
}
