import type { Metric } from '../../declare/metric-plan.ts'
import type { Contract } from '../../declare/pipeline.ts'
import type { Relation, TypePlace } from '../../lake/relation.ts'
import { aggregate } from '../aggregate.ts'
import type { Helpers } from '../curated.ts'
import { duckdbDialect } from '../duckdb/duckdb.ts'
import { typedRows } from '../refine.ts'
import { countedLines } from './lines.ts'

/**
 * SQL by which somebody without this program computes again what a run published, in stock DuckDB. It names
 * no files: whoever runs it puts a list of them, as `['a', 'b']`, in the place of `{inputs}`, ms since 1970
 * in that of `{epoch}`, and in that of `{before}` a relation of the events that were counted before, with
 * `event_source` and `event_id`.
 */
const dialect = duckdbDialect('.')
const INPUTS = '{inputs}'

/** The curated rows of an epoch from all of its raw lines, in one statement. */
export function certifiedRows(
  contract: Contract,
  helpers: Helpers,
  { type, epoch }: Pick<TypePlace, 'type' | 'epoch'>,
  { isUnchecked, columns }: { readonly isUnchecked: boolean; readonly columns: readonly string[] },
): string {
  const raw = { kind: 'raw', type, epoch, parts: [INPUTS] } as const
  const lines = typedRows(dialect, contract, helpers, raw, isUnchecked)
  const { sql } = countedLines(dialect, lines, columns, '{before}')
  return withoutFiles(sql).replaceAll(String(epoch), '{epoch}')
}

/** The partials of a metric and epoch from curated rows. */
export function certifiedPartials(metric: Metric, curated: Relation): string {
  return withoutFiles(
    aggregate(dialect, metric, [{ ...curated, parts: [INPUTS] }], { sketches: 'counted' }).sql,
  )
}

function withoutFiles(sql: string): string {
  return sql.replaceAll(`[${dialect.text(`./${INPUTS}`)}]`, INPUTS)
}
