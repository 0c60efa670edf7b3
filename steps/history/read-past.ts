import type { Metric } from '../../core/declare/metric-plan.ts'
import type { Pipeline } from '../../core/declare/pipeline.ts'
import { TributaryError } from '../../core/errors.ts'
import { createGathering } from '../../core/fold/rollup.ts'
import { generationOfFolder, historyFolder, historyOfMetric } from '../../core/lake/history-paths.ts'
import { dataIn } from '../../core/lake/lake-paths.ts'
import type { Relation } from '../../core/lake/relation.ts'
import type { LakeEngine } from '../../core/ports/lake-engine.ts'
import type { LakeFolder } from '../../core/ports/lake-folder.ts'
import type { Runs } from '../../core/ports/runs.ts'
import type { BatchViews, MetricPartial, PartialQuery } from '../../core/ports/views.ts'
import { keyText } from '../../core/ports/views.ts'
import { beforeAll } from '../../core/sql/history.ts'
import { metricOf } from '../batch/lookup.ts'
import { cellsOf, partialRows } from '../batch/partial-rows.ts'
import { inOrder, movesOf } from './moves.ts'
import { type AsOf, findBoundary, type PastBoundary } from './past-moment.ts'

export type ReadPastPorts = {
  readonly pipeline: Pipeline
  readonly lake: Pick<LakeFolder, 'list' | 'folders'>
  readonly engine: LakeEngine
  readonly batch: Pick<BatchViews, 'boundary' | 'query'>
  readonly runs: Pick<Runs, 'get'>
  /** ms. */
  readonly now: () => number
}

export type Past = PastBoundary & { readonly partials: readonly MetricPartial[] }

/** Reads what the batch views of a metric were, through the boundary that it had at a moment. */
export type ReadPast = (query: PartialQuery, asOf: AsOf) => Promise<Past>

/** How often a run may publish under a query before it is given up. */
const MAX_ATTEMPTS = 5
/** Questions of the past that are answered at a time: each holds the keys that have changed since. */
const MOST_AT_ONCE = 2
/** Keys that may have changed since, in the windows that are asked for. */
const MOST_CHANGED = 1_000_000

/**
 * Builds the step that answers questions of the past. What the keys have had that were changed since is kept
 * by generation; those come from there, and all others from the views of now. It costs what has changed
 * since, beside the query itself.
 *
 * @throws (the step) TributaryError `bad_request` for a moment that cannot be had, `too_large` where too much
 * has changed since, `overloaded` where others are asking, or runs publish all the time
 */
export function createReadPast(ports: ReadPastPorts): ReadPast {
  let asking = 0
  return async (query, asOf) => {
    if (asking >= MOST_AT_ONCE)
      throw new TributaryError(
        'overloaded',
        `${MOST_AT_ONCE} questions with asOf are being answered; ask again`,
      )
    asking += 1
    try {
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        const past = await readOnce(ports, query, asOf)
        if (past !== undefined) return past
      }
      throw new TributaryError('overloaded', `${query.metric} was published ${MAX_ATTEMPTS} times meanwhile`)
    } finally {
      asking -= 1
    }
  }
}

/** Undefined where another generation was published meanwhile. */
async function readOnce(ports: ReadPastPorts, query: PartialQuery, asOf: AsOf): Promise<Past | undefined> {
  const { lake, batch, runs, pipeline, now } = ports
  const metric = metricOf(pipeline, query.metric)
  const current = await batch.boundary(metric.id)
  const noted = await movesOf(lake, metric.id)
  const boundaries =
    current === undefined ? [] : [...noted.filter(move => inOrder(move, current) < 0), current]
  const generation = current?.generation ?? 0
  const since = await sinceGeneration(lake, metric.id, generation)
  const { boundary, at } = await findBoundary(asOf, boundaries, { since, runs, now: now() })
  const changed = await changedSince(ports, metric, query, {
    from: boundary.generation + 1,
    through: generation,
  })
  const rest = await batch.query({ ...query, without: changed.keys })
  if (rest.boundary?.generation !== generation) return undefined
  return { boundary, at, partials: [...rest.partials, ...changed.partials] }
}

/** The oldest generation that can be had: of all after it, it is kept what they changed. */
async function sinceGeneration(
  lake: ReadPastPorts['lake'],
  metric: string,
  current: number,
): Promise<number> {
  const names = await lake.folders(historyOfMetric(metric))
  const kept = new Set(names.map(generationOfFolder))
  let since = current
  while (since > 0 && kept.has(since)) since--
  return since
}

/** Keys that generations have changed, and the partials that they had before. */
async function changedSince(
  { engine }: ReadPastPorts,
  metric: Metric,
  query: PartialQuery,
  { from, through }: { readonly from: number; readonly through: number },
): Promise<{ readonly keys: ReadonlySet<string>; readonly partials: readonly MetricPartial[] }> {
  const keys = new Set<string>()
  const gathering = createGathering(metric.kinds, query.rollup, query.limit)
  if (from > through) return { keys, partials: [] }
  const generations = Array.from({ length: through - from + 1 }, (_, i) => from + i)
  const parts = generations.map(each => dataIn(historyFolder(metric.id, each)))
  const changes: Relation = { kind: 'history', metric: metric.id, epoch: 0, parts }
  await engine.session(async session => {
    for await (const rows of partialRows(session, metric, beforeAll(engine.dialect, metric, changes, query)))
      for (const row of rows) {
        if (keys.size >= MOST_CHANGED) throw tooMuchChanged()
        keys.add(keyText(row.window, row.group))
        if (row.isPresent) gathering.add(row.window, row.group, () => cellsOf(metric, row))
      }
  })
  return { keys, partials: gathering.rows() }
}

function tooMuchChanged(): TributaryError {
  return new TributaryError(
    'too_large',
    `more than ${MOST_CHANGED} partials have changed since; narrow from and to, or give a later asOf`,
  )
}
