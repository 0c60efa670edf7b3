import { type CellValues, combineCells } from '../../core/cells/cells.ts'
import type { Metric } from '../../core/declare/metric-plan.ts'
import { TributaryError } from '../../core/errors.ts'
import { type CellOf, declaredGroups, groupText, rollupOf } from '../../core/explain/cell.ts'
import { createGathering, MAX_ROWS } from '../../core/fold/rollup.ts'
import { epochOfFolder, journalOfMetric, parseJournalPath } from '../../core/lake/lake-paths.ts'
import type { Relation } from '../../core/lake/relation.ts'
import type { LakeEngine, LakeSession } from '../../core/ports/lake-engine.ts'
import type { LakeFolder } from '../../core/ports/lake-folder.ts'
import { storedOfCell } from '../../core/sql/explain/stored-partials.ts'
import { daysOf, epochsOn, isWhole } from '../batch/marks/window-index.ts'
import { cellsOf } from '../batch/partial-rows.ts'
import { type PartialPlace, partialPlaces, partialsIn, placesOf } from '../batch/retention/all-partials.ts'
import { condensedBefore } from '../batch/retention/kept.ts'
import { partialsAt } from '../batch/settle.ts'
import type { LakeQuestion } from './question.ts'

type Ports = { readonly lake: LakeFolder; readonly engine: LakeEngine }

/** What the batch layer keeps of a cell of one epoch, or of one condensed day. */
export type StoredCell = { readonly epoch: number; readonly isCondensed: boolean; readonly cells: CellValues }

/** Most epochs, or condensed days, whose partials one question looks into. */
const MAX_PLACES = 2000
const DAY = 86_400_000

/** Which epochs have a part in a committed cell, and what: the partials that the batch views are made of. */
export async function storedCells(
  { lake, engine }: Ports,
  session: LakeSession,
  metric: Metric,
  { cell, boundary }: Pick<LakeQuestion, 'cell' | 'boundary'>,
): Promise<readonly StoredCell[]> {
  if (boundary === undefined) return []
  const places = await placesOfCell(lake, metric.id, cell, boundary.epoch)
  const fresh = await committedJournals(lake, metric.id, boundary.generation)
  const kept = await partialsIn(
    lake,
    places.filter(({ epoch, kind }) => kind === 'condensed' || !fresh.some(each => each.epoch === epoch)),
  )
  if (kept.length + fresh.length > MAX_PLACES) throw tooManyPlaces(kept.length + fresh.length)
  return readStored(engine, session, metric, cell, [...kept, ...fresh])
}

async function placesOfCell(
  lake: LakeFolder,
  metric: string,
  { windows: { from, to } }: CellOf,
  through: number,
): Promise<readonly PartialPlace[]> {
  if (!(await isWhole(lake, metric))) return partialPlaces(lake, metric, through)
  const count = Math.ceil((to - from) / DAY) + 1
  if (count > MAX_PLACES) throw tooManyPlaces(count)
  const days = daysOf(Array.from({ length: count }, (_, i) => Math.min(from + i * DAY, to - 1)))
  const before = await condensedBefore(lake, metric)
  const condensed = [...days].filter(day => day < before)
  const epochs = [...(await epochsOn(lake, metric, days))].filter(epoch => epoch <= through)
  return placesOf(metric, before, [...condensed, ...epochs])
}

/**
 * Partials that are committed and have not been moved to their place yet: that is done a moment after the
 * boundary has moved, or by the next run.
 */
export async function committedJournals(
  lake: LakeFolder,
  metric: string,
  generation: number,
): Promise<readonly Relation[]> {
  const journals = (await lake.list(journalOfMetric(metric))).map(({ path }) => parseJournalPath(path))
  const committed = journals.filter(each => each.generation <= generation)
  const staged = committed.map(({ epoch }) => partialsAt(lake, { kind: 'staged-partials', metric, epoch }))
  return (await Promise.all(staged)).filter(each => each !== undefined)
}

async function readStored(
  { dialect }: LakeEngine,
  session: LakeSession,
  metric: Metric,
  cell: CellOf,
  relations: readonly Relation[],
): Promise<readonly StoredCell[]> {
  const found = new Map<number, StoredCell>()
  const groups = declaredGroups(metric, cell)
  const of = groupText(cell)
  for (const [kind, some] of Map.groupBy(relations, relation => relation.kind)) {
    const parts = some.flatMap(relation => relation.parts)
    const placed: Relation = { kind: kind as 'partials', metric: metric.id, epoch: 0, parts }
    for (const [part, gathering] of await gather(dialect, session, metric, cell, placed, groups)) {
      const epoch = epochOfFolder(part.split('/').at(-2) ?? '')!
      const own = gathering.rows().filter(({ group }) => group === of)
      if (own.length === 0) continue
      const cells = own.map(row => row.cells).reduce((a, b) => combineCells(metric.kinds, a, b))
      found.set(epoch, { epoch, isCondensed: kind === 'condensed', cells })
    }
  }
  return [...found.values()].sort((a, b) => a.epoch - b.epoch)
}

/** The partials of each object, combined to what is asked for. */
async function gather(
  dialect: LakeEngine['dialect'],
  session: LakeSession,
  metric: Metric,
  cell: CellOf,
  placed: Relation,
  groups: readonly string[] | undefined,
) {
  const byPart = new Map<string, ReturnType<typeof createGathering>>()
  const sql = storedOfCell(dialect, metric, placed, cell, groups)
  for await (const rows of session.stream(sql))
    for (const row of rows) {
      const part = String(row['__part'])
      const gathering = byPart.get(part) ?? createGathering(metric.kinds, rollupOf(cell), MAX_ROWS)
      byPart.set(part, gathering)
      const texts = metric.cells.map(({ name }) => (row[name] ?? null) as string | null)
      gathering.add(Number(row['window']), String(row['group']), () => cellsOf(metric, { texts }))
    }
  return byPart
}

function tooManyPlaces(count: number): TributaryError {
  return new TributaryError(
    'too_large',
    `the cell may be made of ${count} epochs, and ${MAX_PLACES} are looked into at most; ask for a shorter window`,
  )
}
