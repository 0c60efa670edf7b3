import {
  dataIn,
  journalOfMetric,
  journalPath,
  parseJournalPath,
  partialsFolder,
  staged,
} from '../../core/lake/lake-paths.ts'
import type { Lake, LakeSession } from '../../core/ports/lake.ts'
import type { BatchViews, PartialKey } from '../../core/ports/views.ts'
import { GROUP_COLUMN, WINDOW_COLUMN } from '../../core/sql/aggregate.ts'
import type { Dialect, Sql } from '../../core/sql/dialect.ts'

export type SettlePorts = {
  readonly lake: Lake
  readonly dialect: Dialect
  readonly batch: BatchViews
}

/**
 * Ends what an earlier run left of publishing a metric, so that nothing of it can show later.
 *
 * Before batch views are written, a journal names the keys and the generation. Where the boundary has moved to that
 * generation, the partials belong to it: they take their place. Where it has not, the entries written so far would show as
 * soon as *any* run commits that generation: each is overwritten with what is committed.
 */
export async function settle(ports: SettlePorts, metric: string): Promise<void> {
  const { lake, batch } = ports
  const committed = (await batch.boundary(metric))?.generation ?? 0
  for (const { path } of await lake.list(journalOfMetric(metric))) {
    const { epoch, generation } = parseJournalPath(path)
    if (generation <= committed) await keepPartials(lake, metric, epoch)
    else await undo(ports, metric, path, generation)
    await lake.remove(path)
  }
}

/** Puts the partials of a committed epoch in place of what was there. Doing it again changes nothing. */
async function keepPartials(lake: Lake, metric: string, epoch: number): Promise<void> {
  const folder = partialsFolder(metric, epoch)
  if ((await lake.list(staged(folder))).length > 0) await lake.replace(staged(folder), folder)
}

async function undo(
  { lake, dialect, batch }: SettlePorts,
  metric: string,
  journal: string,
  generation: number,
): Promise<void> {
  await lake.session(async session => {
    for await (const rows of session.stream(`SELECT * FROM ${dialect.scan([lake.address(journal)])} AS j`)) {
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

/** Notes the keys (a query of `window` and `group`) that a generation is about to write; answers where. */
export async function openJournal(
  session: LakeSession,
  place: { readonly metric: string; readonly epoch: number; readonly generation: number },
  keys: Sql,
): Promise<string> {
  const path = journalPath(place.metric, place.epoch, place.generation)
  await session.write(keys, path, 'parquet')
  return path
}

/** The generation that the journal of a metric names, if it has one. */
export async function openGeneration(lake: Lake, metric: string): Promise<number | undefined> {
  const [journal] = await lake.list(journalOfMetric(metric))
  return journal === undefined ? undefined : parseJournalPath(journal.path).generation
}

/** Address of an epoch's partials, staged or committed; undefined where there are none. */
export async function partialsAt(lake: Lake, folder: string): Promise<string | undefined> {
  const objects = await lake.list(folder)
  return objects.some(object => object.path === dataIn(folder)) ? lake.address(dataIn(folder)) : undefined
}
