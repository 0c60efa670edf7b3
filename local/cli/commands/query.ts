import { valueAt } from '../../../core/data/fields.ts'
import { TributaryError } from '../../../core/errors.ts'
import type { QueryOf } from '../../../functions/table.ts'
import { type Connection, connect } from '../client.ts'
import { type Environment, print, printTable } from '../environment.ts'

export type QueryFlags = Connection & {
  readonly from?: string
  readonly to?: string
  readonly window?: string
  readonly timezone?: string
  readonly by?: string
  readonly layer?: string
  readonly order?: string
  readonly limit?: string
  readonly asOf?: string
  /** `field=value`, repeatable. */
  readonly where?: readonly string[]
  readonly watch?: boolean
  /** Drawn by `--watch`. */
  readonly measure?: string
}

/** `tributary query <metric>`. */
export async function query(environment: Environment, metric: string, flags: QueryFlags): Promise<void> {
  const client = await connect(environment, flags)
  const answer = await client.call('GET /v1/metrics/{name}', { path: [metric], query: queryOf(flags) })
  if (flags.json) return print(environment, JSON.stringify(answer))
  const first = answer.rows[0]
  if (first === undefined) print(environment, 'no rows')
  else {
    const groups = [...new Set(answer.rows.flatMap(row => Object.keys(row.group)))]
    const values = Object.keys(first.values)
    printTable(environment, [
      ['window', ...groups, ...values],
      ...answer.rows.map(row => [
        row.window,
        ...groups.map(name => cell(valueAt(row.group, [name]))),
        ...values.map(name => cell(valueAt(row.values, [name]))),
      ]),
    ])
  }
  if (answer.total !== undefined) print(environment, `… ${answer.total} rows in all; raise --limit`)
  const { boundary, lagMs, since, snapshot, asOf, run } = answer.provenance
  if (snapshot !== undefined)
    return print(environment, `as known at ${asOf}: exact through epoch ${boundary}, by run ${run}`)
  const whole = since === undefined ? '' : `, and whole since epoch ${since} only`
  print(environment, `exact through epoch ${boundary ?? 'none yet'}; real-time ${lagMs} ms behind${whole}`)
}

const PARAMETERS = ['from', 'to', 'window', 'timezone', 'by', 'layer', 'order', 'limit', 'asOf'] as const

export type Query = readonly (readonly [QueryOf<'GET /v1/metrics/{name}'>, string | undefined])[]

export function queryOf({ where = [], ...flags }: QueryFlags): Query {
  return [...PARAMETERS.map(name => [name, flags[name]] as const), ...conditionsOf(where)]
}

/** Conditions as a query string has them. @throws TributaryError `invalid_setting` */
export function conditionsOf(where: readonly string[]): readonly (readonly [`where.${string}`, string])[] {
  return where.map(condition => {
    const at = condition.indexOf('=')
    if (at > 0) return [`where.${condition.slice(0, at)}`, condition.slice(at + 1)] as const
    throw new TributaryError('invalid_setting', `--where "${condition}" has no value; give field=value`)
  })
}

/**
 * A value as it can be told from others: what is missing is an empty cell and null is `null`, so a text that
 * would look like either, or whose blanks would not be seen, stands in quotes.
 */
export function cell(value: unknown): string {
  if (value === undefined) return ''
  if (typeof value !== 'string' || isMistakable(value)) return JSON.stringify(value)
  return value
}

const isMistakable = (text: string) =>
  text === 'null' || text === '' || text !== text.trim() || text[0] === '"'
