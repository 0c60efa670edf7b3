import type { Column } from '../lake/column.ts'
import type { Dialect, Sql } from '../sql/dialect.ts'
import type { IntervalUnit, ValueType } from './tree.ts'

/**
 * What engines spell differently of the SQL of models, beside the leaves that all SQL of the platform has.
 */
export type EngineWords = {
  readonly types: Readonly<Record<Exclude<ValueType['type'], 'decimal' | 'null' | 'interval' | 'json'>, Sql>>
  /** An instant cut to a unit, in UTC. */
  truncate(unit: Sql, instant: Sql): Sql
  /** An instant of a literal in UTC. */
  instant(text: string): Sql
  /** A span of time. */
  interval(count: number, unit: IntervalUnit): Sql
}

const truncate: EngineWords['truncate'] = (unit, instant) => `date_trunc(${unit}, ${instant})`
const interval: EngineWords['interval'] = (count, unit) => `INTERVAL '${count}' ${unit.toUpperCase()}`

const WORDS: Readonly<Record<string, EngineWords>> = {
  duckdb: {
    types: {
      ...{ text: 'VARCHAR', bigint: 'BIGINT', double: 'DOUBLE', boolean: 'BOOLEAN' },
      timestamp: 'TIMESTAMPTZ',
    },
    ...{ truncate, interval },
    instant: text => `TIMESTAMPTZ '${text}'`,
  },
  postgres: {
    types: {
      ...{ text: 'TEXT', bigint: 'BIGINT', double: 'DOUBLE PRECISION', boolean: 'BOOLEAN' },
      timestamp: 'TIMESTAMPTZ',
    },
    truncate: (unit, instant) => `date_trunc(${unit}, ${instant}, 'UTC')`,
    interval,
    instant: text => `TIMESTAMPTZ '${text}'`,
  },
  // The session's zone is UTC: where the engine is opened sees to it.
  spark: {
    types: {
      ...{ text: 'STRING', bigint: 'BIGINT', double: 'DOUBLE', boolean: 'BOOLEAN', timestamp: 'TIMESTAMP' },
    },
    ...{ truncate, interval },
    instant: text => `TIMESTAMP '${text}'`,
  },
  trino: {
    types: {
      ...{ text: 'VARCHAR', bigint: 'BIGINT', double: 'DOUBLE', boolean: 'BOOLEAN' },
      timestamp: 'TIMESTAMP(6) WITH TIME ZONE',
    },
    ...{ truncate, interval },
    instant: text => `from_iso8601_timestamp('${text.replace(' ', 'T')}')`,
  },
}

/** The words of a dialect's engine. @throws where models are not written for it */
export function wordsOf({ name }: Pick<Dialect, 'name'>): EngineWords {
  const words = WORDS[name]
  if (words === undefined) throw new Error(`models are not written for ${name}`)
  return words
}

/** A type in an engine's SQL. */
export function typeSql(dialect: Pick<Dialect, 'name'>, { type, precision = 18, scale = 0 }: ValueType): Sql {
  if (type === 'decimal') return `DECIMAL(${precision}, ${scale})`
  const { types } = wordsOf(dialect)
  return type === 'null' || type === 'interval' || type === 'json' ? types.text : types[type]
}

/** Columns of a table, each in the type that it is declared as. */
export function castColumns(dialect: Pick<Dialect, 'name' | 'identifier'>, columns: readonly Column[]): Sql {
  const casts = columns.map(column => {
    const name = dialect.identifier(column.name)
    return `CAST(${name} AS ${typeSql(dialect, column)}) AS ${name}`
  })
  return casts.join(', ')
}
