import {
  dataIn,
  journalOfMetric,
  journalPath,
  parseJournalPath,
  partialsFolder,
  staged,
} from '../../core/lake/lake-paths.ts'
import { folderOf, type MetricPlace, type Relation } from '../../core/lake/relation.ts'
import type { LakeEngine, LakeSession } from '../../core/ports/lake-engine.ts'
import type { LakeFolder } from '../../core/ports/lake-folder.ts'
import type { BatchViews, PartialKey } from '../../core/ports/views.ts'
import { GROUP_COLUMN, WINDOW_COLUMN } from '../../core/sql/aggregate.ts'
import { type Query, query } from '../../core/sql/query.ts'

export type SettlePorts = {
  readonly lake: LakeFolder
  readonly engine: LakeEngine
  readonly batch: BatchViews
}

/**
 * Ends what an earlier run left of publishing a metric, so that nothing of it can show later.
 *
 * Before batch views are written, a journal names the keys and the generation. Where the boundary has moved
 * to that generation, the partials belong to it: they take their place. Where it has not, the entries written
 * so far would show as soon as *any* run commits that generation: each is overwritten with what is committed.
 */
export async function settle(ports: SettlePorts, metric: string): Promise<void> {
  const { lake, batch } = ports
  const committed = (await batch.boundary(metric))?.generation ?? 0
  for (const { path } of await lake.list(journalOfMetric(metric))) {
    const { epoch, generation } = parseJournalPath(path)
    if (generation <= committed) await keepPartials(lake, metric, epoch)
    else await undo(ports, { kind: 'journal', metric, epoch, parts: [path] }, generation)
    await lake.remove(path)
  }
}

/** Puts the partials of a committed epoch in place of what was there. Doing it again changes nothing. */
async function keepPartials(lake: LakeFolder, metric: string, epoch: number): Promise<void> {
  const folder = partialsFolder(metric, epoch)
  if ((await lake.list(staged(folder))).length > 0) await lake.replace(staged(folder), folder)
}

async function undo(
  { engine, batch }: SettlePorts,
  journal: Relation & MetricPlace,
  generation: number,
): Promise<void> {
  const { metric } = journal
  await engine.session(async session => {
    for await (const rows of session.stream(query`SELECT * FROM ${engine.dialect.scan([journal])} AS j`)) {
      const keys = rows.map(
        (row): PartialKey => ({
          window: Number(row[WINDOW_COLUMN]),
          group: String(row[GROUP_COLUMN]),
        }),
      )
      const cells = await batch.read(metric, keys)
      await batch.write(
        metric,
        generation,
        keys.map((key, i) => ({ ...key, cells: cells[i] })),
      )
    }
  })
}

/**
 * Notes the keys (a query of `window` and `group`) that a generation is about to write; answers where, and
 * how many.
 */
export async function openJournal(
  session: LakeSession,
  { metric, epoch, generation }: Omit<MetricPlace, 'kind'> & { readonly generation: number },
  keys: Query,
): Promise<Relation & { readonly rows: number }> {
  const path = journalPath(metric, epoch, generation)
  const { rows } = await session.write(keys, path, 'parquet')
  return { kind: 'journal', metric, epoch, parts: [path], rows }
}

/** The generation that the journal of a metric names, if it has one. */
export async function openGeneration(lake: LakeFolder, metric: string): Promise<number | undefined> {
  const [journal] = await lake.list(journalOfMetric(metric))
  return journal === undefined ? undefined : parseJournalPath(journal.path).generation
}

/** An epoch's partials, staged or committed; undefined where there are none. */
export async function partialsAt(lake: LakeFolder, place: MetricPlace): Promise<Relation | undefined> {
  const path = dataIn(folderOf(place))
  const objects = await lake.list(folderOf(place))
  return objects.some(object => object.path === path) ? { ...place, parts: [path] } : undefined
}
