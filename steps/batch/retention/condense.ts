import { formatCell } from '../../../core/cells/cells.ts'
import { floorTo } from '../../../core/data/time.ts'
import type { Metric } from '../../../core/declare/metric-plan.ts'
import { csvLine } from '../../../core/lake/csv.ts'
import { dataIn, lateMark, partialsOfMetric, staged } from '../../../core/lake/lake-paths.ts'
import type { Relation } from '../../../core/lake/relation.ts'
import { condensedFolder, condensedText } from '../../../core/lake/retention-paths.ts'
import type { LakeSession } from '../../../core/ports/lake-engine.ts'
import { partialColumns, partialsOfText } from '../../../core/sql/condense.ts'
import { orderedPartials } from '../../../core/sql/partials.ts'
import { epochsIn } from '../lookup.ts'
import { daysOf, epochsFrom, lateEpochs, noteDays } from '../marks/window-index.ts'
import { combined, partialRows } from '../partial-rows.ts'
import type { SettlePorts } from '../settle.ts'
import { DAY, partialsIn, placesOf } from './all-partials.ts'

/** Partials of a day that are combined, and the days of their windows. */
export type CondensedDay = {
  readonly day: number
  readonly epochs: number
  readonly rows: number
  readonly windowDays: ReadonlySet<number>
}

/** The next day from an instant on that has partials of a metric; undefined: none before `end`. */
export async function nextDay(
  { lake }: Pick<SettlePorts, 'lake'>,
  metric: string,
  from: number,
  end: number,
): Promise<number | undefined> {
  const after = from === -Infinity ? undefined : from - 1000
  const [epoch] = await epochsIn(lake, partialsOfMetric(metric), { after, limit: 1 })
  return epoch === undefined || epoch >= end ? undefined : floorTo(epoch, DAY)
}

/**
 * Combines the partials of all epochs that began on a day to one object: each window and group once. Nobody
 * reads it until the metric is marked as condensed beyond the day, so doing it again changes nothing.
 */
export async function condenseDay(ports: SettlePorts, metric: Metric, day: number): Promise<CondensedDay> {
  const { lake, engine } = ports
  const epochs = await epochsFrom(lake, metric.id, day)
  const partials = await partialsIn(lake, placesOf(metric.id, -Infinity, epochs))
  const windowDays = new Set<number>()
  if (partials.length === 0) return { day, epochs: 0, rows: 0, windowDays }
  const [text, target] = [condensedText(metric.id), condensedFolder(metric.id, day)]
  await lake.remove(staged(target))
  const rows = await engine.session(async session => {
    await lake.put(text, lines(session, ports, metric, partials, windowDays))
    const relation: Relation = { kind: 'condensed', metric: metric.id, epoch: day, parts: [text] }
    const query = partialsOfText(engine.dialect, metric, relation)
    return (await session.write(query, dataIn(staged(target)), 'parquet')).rows
  })
  await noteDays(lake, metric.id, day, windowDays)
  await lake.replace(staged(target), target)
  await lake.remove(text)
  return { day, epochs: epochs.length, rows, windowDays }
}

async function* lines(
  session: LakeSession,
  { engine }: SettlePorts,
  metric: Metric,
  partials: readonly Relation[],
  windowDays: Set<number>,
): AsyncGenerator<string> {
  yield csvLine(partialColumns(metric).map(({ name }) => name))
  const rows = partialRows(session, metric, orderedPartials(engine.dialect, metric, partials))
  for await (const entries of combined(metric, rows)) {
    for (const day of daysOf(entries.map(({ window }) => window))) windowDays.add(day)
    yield entries
      .map(({ window, group, cells }) =>
        csvLine([window, group, ...metric.kinds.map((kind, i) => formatCell(kind, cells![i]!))]),
      )
      .join('')
  }
}

/** Removes marks of single epochs: the day they were condensed with has its own. */
export async function forgetEpochs(
  { lake }: Pick<SettlePorts, 'lake'>,
  metric: string,
  { day, windowDays }: CondensedDay,
): Promise<void> {
  for (const windowDay of windowDays)
    for (const epoch of await lateEpochs(lake, metric, windowDay))
      if (epoch > day && epoch < day + DAY) await lake.remove(lateMark(metric, windowDay, epoch))
}
