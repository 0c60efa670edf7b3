import type { Dialect, Sql } from '../sql/dialect.ts'
import { operand } from '../sql/operand.ts'
import { typeSql, wordsOf } from './engine-words.ts'
import type { ValueType } from './tree.ts'
import { commonType, isNumeric, MOST_DIGITS } from './value-types.ts'

/** A value of a model in an engine's SQL. */
export type Typed = { readonly sql: Sql; readonly type: ValueType }

/** A call to be written: its arguments, and the window that it is over ('' where it is over none). */
export type Call = {
  readonly dialect: Dialect
  readonly args: readonly Typed[]
  readonly isDistinct: boolean
  /** ` OVER (…)`, behind each aggregate that the call becomes. */
  readonly over: Sql
  /** @throws TributaryError `invalid_declaration` at the call */
  readonly fails: (problem: string, remedy: string) => never
}

/** A function that every engine here computes alike, to the bit. */
export type ModelFunction = {
  /** `aggregate`: of rows, or of a window. `window`: of a window alone. */
  readonly kind: 'scalar' | 'aggregate' | 'window'
  readonly takes: string
  readonly least: number
  readonly most: number
  write(call: Call): Typed
}

const BIGINT = { type: 'bigint' } as const
const TEXT = { type: 'text' } as const
const DOUBLE = { type: 'double' } as const
const decimal = (scale: number): ValueType => ({ type: 'decimal', precision: MOST_DIGITS, scale })

const cast = (dialect: Dialect, sql: Sql, type: ValueType): Typed => ({
  sql: `CAST(${sql} AS ${typeSql(dialect, type)})`,
  type,
})

/** Texts compare by their bytes, in every engine. */
export function comparable(dialect: Dialect, { sql, type }: Typed): Sql {
  return type.type === 'text' ? dialect.bytewise(sql) : sql
}

/** @throws where an argument is of another type */
function need({ args, fails }: Call, at: number, types: readonly ValueType['type'][], remedy: string): Typed {
  const arg = args[at]!
  if (types.includes(arg.type.type) || arg.type.type === 'null') return arg
  return fails(`its argument ${at + 1} is of type ${arg.type.type}`, remedy)
}

const EXACT = ['bigint', 'decimal'] as const
const AS_DECIMAL =
  'cast it first, as CAST(x AS DECIMAL(18, 6)): a sum of binary fractions depends on the order of rows'

function sumOf(call: Call): Typed {
  const { dialect, over } = call
  const arg = need(call, 0, EXACT, AS_DECIMAL)
  const type = arg.type.type === 'decimal' ? decimal(arg.type.scale ?? 0) : BIGINT
  return cast(dialect, `sum(${arg.sql})${over}`, type)
}

function averageOf(call: Call): Typed {
  const { dialect, over } = call
  const arg = need(call, 0, EXACT, AS_DECIMAL)
  const double = (sql: Sql) => cast(dialect, sql, DOUBLE).sql
  const sql = `(${double(`sum(${arg.sql})${over}`)} / nullif(${double(`count(${arg.sql})${over}`)}, 0))`
  return { sql, type: DOUBLE }
}

const extreme = (name: 'min' | 'max'): ModelFunction => ({
  ...{ kind: 'aggregate', takes: '(value)', least: 1, most: 1 },
  write: ({ dialect, args: [arg], over }) => ({
    sql: `${name}(${comparable(dialect, arg!)})${over}`,
    type: arg!.type,
  }),
})

const numbering = (name: string): ModelFunction => ({
  ...{ kind: 'window', takes: '()', least: 0, most: 0 },
  write: ({ dialect, over }) => cast(dialect, `${name}()${over}`, BIGINT),
})

const neighbour = (name: string, most: number): ModelFunction => ({
  ...{ kind: 'window', takes: most === 1 ? '(value)' : '(value, rows)', least: 1, most },
  write: ({ args, over }) => ({
    sql: `${name}(${args.map(({ sql }) => sql).join(', ')})${over}`,
    type: args[0]!.type,
  }),
})

const onText = (
  takes: string,
  count: number,
  write: (...sql: readonly Sql[]) => Sql,
  type: ValueType = TEXT,
): ModelFunction => ({
  ...{ kind: 'scalar', takes, least: count, most: count },
  write: call => {
    need(call, 0, ['text'], 'cast it to text')
    return { sql: write(...call.args.map(({ sql }) => sql)), type }
  },
})

const UNITS = ['second', 'minute', 'hour', 'day', 'month', 'year']

/**
 * Functions of models, by name. What is not here is refused: it is spelled, or computed, differently
 * somewhere.
 */
export const FUNCTIONS: Readonly<Record<string, ModelFunction>> = {
  count: {
    ...{ kind: 'aggregate', takes: '(*) or (value)', least: 0, most: 1 },
    write: ({ args: [arg], isDistinct, over }) => ({
      sql: `count(${isDistinct ? 'DISTINCT ' : ''}${arg === undefined ? '*' : arg.sql})${over}`,
      type: BIGINT,
    }),
  },
  sum: { kind: 'aggregate', takes: '(number)', least: 1, most: 1, write: sumOf },
  avg: { kind: 'aggregate', takes: '(number)', least: 1, most: 1, write: averageOf },
  min: extreme('min'),
  max: extreme('max'),
  row_number: numbering('row_number'),
  rank: numbering('rank'),
  dense_rank: numbering('dense_rank'),
  lag: neighbour('lag', 2),
  lead: neighbour('lead', 2),
  first_value: neighbour('first_value', 1),
  last_value: neighbour('last_value', 1),
  coalesce: {
    ...{ kind: 'scalar', takes: '(value, value, …)', least: 2, most: 20 },
    write: ({ args, fails }) => {
      const type = commonType(args.map(arg => arg.type))
      if (type === undefined) fails('its arguments are of different types', 'cast them to one')
      return { sql: `coalesce(${args.map(({ sql }) => sql).join(', ')})`, type: type! }
    },
  },
  nullif: {
    ...{ kind: 'scalar', takes: '(value, value)', least: 2, most: 2 },
    write: ({ args: [a, b] }) => ({ sql: `nullif(${a!.sql}, ${b!.sql})`, type: a!.type }),
  },
  abs: {
    ...{ kind: 'scalar', takes: '(number)', least: 1, most: 1 },
    write: call => {
      const arg = need(call, 0, ['bigint', 'decimal', 'double'], 'give it a number')
      return { sql: `abs(${arg.sql})`, type: arg.type }
    },
  },
  round: {
    ...{ kind: 'scalar', takes: '(decimal, places)', least: 2, most: 2 },
    write: call => {
      const arg = need(call, 0, EXACT, 'cast it to a decimal: halves of binary fractions round differently')
      const places = Number(call.args[1]!.sql)
      if (!Number.isInteger(places) || places < 0)
        call.fails('its places are no whole number', 'write round(x, 2)')
      return cast(call.dialect, `round(${arg.sql}, ${places})`, decimal(places))
    },
  },
  length: onText('(text)', 1, text => `length(${text})`, BIGINT),
  substr: onText('(text, from, length)', 3, (text, from, length) => `substr(${text}, ${from}, ${length})`),
  replace: onText('(text, from, to)', 3, (text, from, to) => `replace(${text}, ${from}, ${to})`),
  md5: {
    ...{ kind: 'scalar', takes: '(text)', least: 1, most: 1 },
    write: call => ({ sql: call.dialect.md5(need(call, 0, ['text'], 'cast it to text').sql), type: TEXT }),
  },
  date_trunc: {
    ...{ kind: 'scalar', takes: "('hour', instant)", least: 2, most: 2 },
    write: call => {
      const unit = call.args[0]!.sql
      const instant = need(call, 1, ['timestamp'], 'give it an instant')
      if (!UNITS.some(each => unit === `'${each}'`))
        call.fails(`it cuts to ${unit}`, `name one of ${UNITS.map(each => `'${each}'`).join(', ')}`)
      return { sql: wordsOf(call.dialect).truncate(unit, instant.sql), type: instant.type }
    },
  },
  ms_between: {
    ...{ kind: 'scalar', takes: '(from, to)', least: 2, most: 2 },
    write: call => {
      const ms = (at: number) =>
        operand(call.dialect.msOfInstant(need(call, at, ['timestamp'], 'give it an instant').sql))
      return { sql: `(${ms(1)} - ${ms(0)})`, type: BIGINT }
    },
  },
}

/** Whether a number is a number at all. */
export const isNumber = ({ type }: Typed): boolean => isNumeric(type) || type.type === 'null'
