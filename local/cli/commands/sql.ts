import { join, resolve } from 'node:path'
import { whichWasMeant } from '../../../core/data/nearest.ts'
import type { Metric } from '../../../core/declare/metric-plan.ts'
import { compilePipeline, type Pipeline } from '../../../core/declare/pipeline.ts'
import { TributaryError } from '../../../core/errors.ts'
import { curatedOfType } from '../../../core/lake/lake-paths.ts'
import { contractTableName } from '../../../core/lake/warehouse-table.ts'
import { aggregate, GROUP_COLUMN, WINDOW_COLUMN } from '../../../core/sql/aggregate.ts'
import { columnsOf } from '../../../core/sql/curated.ts'
import type { Dialect } from '../../../core/sql/dialect.ts'
import { duckdbDialect } from '../../../core/sql/duckdb/duckdb.ts'
import { postgresDialect } from '../../../core/sql/postgres/postgres.ts'
import { redshiftDialect } from '../../../core/sql/redshift/redshift.ts'
import { sparkDialect } from '../../../core/sql/spark/spark.ts'
import { trinoDialect } from '../../../core/sql/trino/trino.ts'
import { catalogName } from '../../../drivers/catalog/glue/names.ts'
import { embeddedPaths } from '../../../drivers/compose/embedded.ts'
import { type Declarations, loadDeclarations } from '../../../drivers/pipeline/folder.ts'
import { readSettings } from '../../settings.ts'
import type { Environment } from '../environment.ts'

export type SqlFlags = {
  readonly engine: string
  /** Relation of the curated rows, in place of the engine's usual one. */
  readonly from?: string
  readonly pipeline?: string
}

/** A dialect over a relation, and the relation that it usually is: of the lake in a folder, or a table. */
type Engine = {
  readonly dialect: (relation: string) => Dialect
  readonly usual: (type: string, lake: string, types: readonly string[]) => string
}

const inWarehouse = (type: string, _lake: string, types: readonly string[]) => contractTableName(type, types)

const ENGINES: Readonly<Record<string, Engine>> = {
  duckdb: {
    dialect: relation => {
      const dialect = duckdbDialect('')
      return { ...dialect, scan: reads => ({ sql: relation, reads }) }
    },
    usual: (type, lake) =>
      duckdbDialect(lake).scan([
        { kind: 'curated', type, epoch: 0, parts: [`${curatedOfType(type)}/*/*.parquet`] },
      ]).sql,
  },
  postgres: { dialect: relation => postgresDialect(() => relation), usual: inWarehouse },
  trino: {
    dialect: relation => trinoDialect(() => relation),
    usual: type => `curated_${catalogName(type)}`,
  },
  spark: {
    dialect: relation => sparkDialect(() => relation),
    usual: (type, lake) => `parquet.\`${join(lake, curatedOfType(type))}\``,
  },
  redshift: { dialect: relation => redshiftDialect(() => relation), usual: inWarehouse },
}

/**
 * `tributary sql <metric>`: the statement by which an engine computes the metric's partials from curated
 * rows. It reads declarations alone.
 */
export async function printSql(environment: Environment, name: string, flags: SqlFlags): Promise<void> {
  const settings = readSettings(environment.variables)
  const folder = flags.pipeline === undefined ? settings.pipeline : resolve(flags.pipeline)
  const declared = await loadDeclarations(folder)
  const pipeline = compilePipeline(declared)
  const engine = named('--engine', flags.engine, Object.entries(ENGINES), ([each]) => each)[1]
  const metric = named('metric', name, pipeline.metrics, each => each.name)
  const { lake } = embeddedPaths(settings.data)
  const relation = flags.from ?? engine.usual(metric.type, lake, [...pipeline.latest.keys()])
  const dialect = engine.dialect(relation)
  const curated = { kind: 'curated', type: metric.type, epoch: 0, parts: [] } as const
  const { sql } = aggregate(dialect, metric, [curated], { sketches: 'counted' })
  const header = headerOf(declared, pipeline, metric, { relation, sql }).map(line => `-- ${oneLine(line)}`)
  // As it is, so that it can go on to an engine: nothing in it is of an event.
  environment.output.write(
    `${[...header, ...dialect.settings.map(each => `${each};`), `${sql};`].join('\n')}\n`,
  )
}

function headerOf(
  { contracts, metrics }: Declarations,
  { latest }: Pipeline,
  metric: Metric,
  { relation, sql }: { readonly relation: string; readonly sql: string },
): readonly string[] {
  const { type, version } = latest.get(metric.type)!
  const file = metrics.find(({ declaration }) => declaration.name === metric.name)!.file
  const isContract = (each: { readonly type: string; readonly version: number }) =>
    each.type === type && each.version === version
  const contract = contracts.find(({ declaration }) => isContract(declaration))!.file
  // Cells that keep the value of one event read which one that is.
  const lineage = ['event_time', ...(/\breceipt\b/.test(sql) ? ['receipt'] : [])]
  return [
    `metric ${metric.name} (${metric.id}), declared in ${file}`,
    `of events ${type}, version ${version}, declared in ${contract}`,
    `reads ${relation}: ${[...new Set([...lineage, ...columnsOf(metric)])].join(', ')}`,
    `gives ${WINDOW_COLUMN} (start of the ${metric.window} in UTC, ms since 1970), ${GROUP_COLUMN} (canonical JSON),`,
    `  and cells as text: ${metric.cells.map(cell => cell.name).join(', ')}`,
  ]
}

/** A line end would end a comment. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ')
}

function named<T>(what: string, name: string, all: readonly T[], nameOf: (one: T) => string): T {
  const found = all.find(one => nameOf(one) === name)
  if (found !== undefined) return found
  const names = all.map(nameOf)
  const remedy = whichWasMeant(name, names, `give one of ${names.join(', ')}`)
  throw new TributaryError('invalid_setting', `${what} "${name.slice(0, 100)}" is not known; ${remedy}`)
}
