import { type Connection, connect } from './client.ts'
import { type Environment, print, printTable } from './environment.ts'

export type QueryFlags = Connection & {
  readonly from?: string
  readonly to?: string
  readonly window?: string
  readonly by?: string
  readonly layer?: string
  /** `field=value`, repeatable. */
  readonly where?: readonly string[]
}

type Answer = {
  readonly rows: readonly {
    window: string
    group: Record<string, unknown>
    values: Record<string, unknown>
  }[]
  readonly provenance: { boundary: string | null; run: string | null; asOf: string; lagMs: number }
}

/** `tributary query <metric>`. */
export async function query(environment: Environment, metric: string, flags: QueryFlags): Promise<void> {
  const client = await connect(environment, flags)
  const path = `/v1/metrics/${encodeURIComponent(metric)}${queryString(flags)}`
  const answer = (await client.call('GET', path)) as Answer
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
        ...groups.map(name => cell(row.group[name])),
        ...values.map(name => cell(row.values[name])),
      ]),
    ])
  }
  const { boundary, lagMs } = answer.provenance
  print(environment, `exact through epoch ${boundary ?? 'none yet'}; real-time ${lagMs} ms behind`)
}

function queryString({ from, to, window, by, layer, where = [] }: QueryFlags): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries({ from, to, window, by, layer }))
    if (value !== undefined) query.set(name, value)
  for (const condition of where) {
    const [field = '', ...value] = condition.split('=')
    query.append(`where.${field}`, value.join('='))
  }
  return query.size === 0 ? '' : `?${query}`
}

function cell(value: unknown): string {
  return value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value)
}
