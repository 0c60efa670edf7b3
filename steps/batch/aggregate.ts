import { pathInstant } from '../../core/data/time.ts'
import type { Metric } from '../../core/declare/metric-plan.ts'
import { TributaryError } from '../../core/errors.ts'
import {
  againMark,
  dataIn,
  partialsFolder,
  rawFolder,
  staged,
  tableOfType,
} from '../../core/lake/lake-paths.ts'
import type { MetricPlace, Relation } from '../../core/lake/relation.ts'
import { keptOfType } from '../../core/lake/retention-paths.ts'
import type { LakeSession, Written } from '../../core/ports/lake-engine.ts'
import {
  type AggregateOptions,
  aggregate,
  groupSizes,
  LARGE_GROUP,
  type SketchPlan,
} from '../../core/sql/aggregate.ts'
import { columnsOf, fieldsRead } from '../../core/sql/curated.ts'
import type { LakeDialect } from '../../core/sql/dialect.ts'
import { hasSketches } from '../../core/sql/events.ts'
import { query } from '../../core/sql/query.ts'
import { markForTable } from '../tables/table-marks.ts'
import { heavyFor } from './choose-engine.ts'
import type { CommitPorts } from './commit.ts'
import { type CuratedRows, curatedRows } from './curated-rows.ts'
import { aggregateWhole } from './heavy/aggregate-whole.ts'
import { metricOf, relationAt } from './lookup.ts'
import { createRefine, type RefinePorts } from './refine/refine.ts'
import { computableSince, keptMarks } from './retention/kept.ts'
import { partialsAt, type SettlePorts, settle } from './settle.ts'
import type { Fields, MetricWork, TaskResult } from './task.ts'

export type AggregatePorts = RefinePorts & SettlePorts & Pick<CommitPorts, 'tables'>

export type AggregateResult = TaskResult<{ readonly metric: string; readonly partials: number }>

export type Aggregate = (task: MetricWork) => Promise<AggregateResult>

/**
 * Builds the aggregate step: the partials of a metric and epoch, in the lake's staged area until they are
 * committed. Curated data that an older pipeline refined, without a column that the metric reads, is refined
 * again first.
 */
export function createAggregate(ports: AggregatePorts): Aggregate {
  const { pipeline, lake, engine } = ports
  const refine = createRefine(ports)
  return async ({ metric: id, epoch, mode }) => {
    const metric = metricOf(pipeline, id)
    await settle(ports, id)
    const folder = staged(partialsFolder(id, epoch))
    await lake.remove(folder)
    const place = { kind: 'curated', type: metric.type, epoch } as const
    const curated = async (session: LakeSession) =>
      curatedRows(session, engine.dialect, fieldsRead(metric), await relationAt(lake, place))
    let refined: Fields = {}
    if (await engine.session(async session => lacks(metric, await curated(session)))) {
      // A metric declared after raw data expired begins with the first epoch that has what it reads.
      if (mode === 'append' && !(await isComputable(ports, metric.type, epoch))) return withoutRaw(id, epoch)
      const { report } = await refine({ type: metric.type, epoch })
      refined = (report['epochs'] as Fields)[pathInstant(epoch)] as Fields
      await lake.put(againMark(metric.type, epoch, 'columns'), [])
      if (ports.tables !== undefined)
        await markForTable(lake, { owner: tableOfType(metric.type), epoch, run: 'columns' })
    }
    const heavy = await heavyFor(ports, { type: metric.type, epoch })
    const { rows } =
      heavy === undefined
        ? await engine.session(async session =>
            writePartials(session, engine.dialect, metric, (await curated(session)).rows, dataIn(folder), {}),
          )
        : await aggregateWhole(
            engine,
            heavy.engine,
            metric,
            (await engine.session(curated)).rows,
            dataIn(folder),
          )
    if (rows === 0) await stageNothing(ports, { metric: id, epoch })
    return {
      metric: id,
      partials: rows,
      report: {
        epochs: {
          [pathInstant(epoch)]: {
            ...refined,
            partials: { [id]: rows },
            ...(heavy !== undefined && { engine: { ...(refined['engine'] as Fields), [id]: heavy.why } }),
          },
        },
      },
    }
  }
}

/**
 * Writes down that an epoch has no partials, where it had some: what nothing takes the place of would stay,
 * and be counted with the next epoch of its windows. Where there were none, nothing need be written.
 */
async function stageNothing(
  { lake, engine }: AggregatePorts,
  place: Omit<MetricPlace, 'kind'>,
): Promise<void> {
  if ((await partialsAt(lake, { ...place, kind: 'staged-partials' })) !== undefined) return
  const before = await partialsAt(lake, { ...place, kind: 'partials' })
  if (before === undefined) return
  const none = query`SELECT * FROM ${engine.dialect.scan([before])} AS b WHERE false`
  await engine.session(session =>
    session.write(none, dataIn(staged(partialsFolder(place.metric, place.epoch))), 'open-parquet'),
  )
}

/** Whether an epoch can be refined again: raw data and what it is deduplicated against are there. */
async function isComputable(ports: AggregatePorts, type: string, epoch: number): Promise<boolean> {
  const kept = await keptMarks(ports.lake, keptOfType(type))
  if (epoch < computableSince(kept, type, ports)) return false
  return (await ports.lake.list(rawFolder(type, epoch))).length > 0
}

function withoutRaw(id: string, epoch: number): AggregateResult {
  const problem = 'curated data lacks a column of the metric, and raw data is gone'
  return {
    metric: id,
    partials: 0,
    report: { epochs: { [pathInstant(epoch)]: { notComputed: { [id]: problem } } } },
  }
}

/** Writes the partials of curated rows as one object; none where they have no part. */
export async function writePartials(
  session: LakeSession,
  dialect: LakeDialect,
  metric: Metric,
  curated: Relation,
  path: string,
  options: Omit<AggregateOptions, 'sketches'>,
): Promise<Written> {
  if (curated.parts.length === 0) return { rows: 0, bytes: 0 }
  const plan = await choosePlan(session, dialect, metric, curated)
  const write = (sketches: SketchPlan) =>
    session.write(
      aggregate(dialect, metric, [curated], { ...options, ...plan, sketches }),
      path,
      'open-parquet',
    )
  try {
    return await write(plan.sketches)
  } catch (error) {
    // Lists do not spill; counting does.
    if (plan.sketches === 'lists' && error instanceof TributaryError && error.code === 'too_large')
      return write('counted')
    throw error
  }
}

/** Values that repeat this often are cheaper to look up than to hash again. */
export const REPEATED = 4

async function choosePlan(
  session: LakeSession,
  dialect: LakeDialect,
  metric: Metric,
  curated: Relation,
): Promise<Pick<AggregateOptions, 'sketches' | 'dictionaries'>> {
  if (!hasSketches(metric)) return { sketches: 'lists' }
  const [sizes] = await session.rows(groupSizes(dialect, metric, [curated]))
  const events = Number(sizes?.['events'])
  return {
    sketches: events > LARGE_GROUP * Number(sizes?.['groups']) ? 'counted' : 'lists',
    dictionaries: metric.kinds.map(
      (_kind, i) => events > REPEATED * Number(sizes?.[`d${i}`] ?? Number.POSITIVE_INFINITY),
    ),
  }
}

/** Whether curated data was refined without a column that the metric reads. */
function lacks(metric: Metric, { rows, columns }: CuratedRows): boolean {
  return rows.parts.length > 0 && columnsOf(metric).some(column => !columns.has(column))
}
