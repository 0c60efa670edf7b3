import { maskedColumns } from '../../core/lake/masked-columns.ts'
import type { Model } from '../../core/models/model.ts'
import type { LakeRow, LakeSession } from '../../core/ports/lake-engine.ts'
import { type Query, query } from '../../core/sql/query.ts'
import type { MakeModelPorts } from './make-model.ts'
import { asDeclared, modelRelations } from './model-sources.ts'

/** A test that some rows fail. */
export type Failing = {
  readonly test: string
  readonly severity: 'error' | 'warn'
  /** How many rows fail it. */
  readonly rows: number
  /** Keys of the first of them, as text, without values that are masked: reports and logs have them. */
  readonly keys: readonly string[]
}

/** So many rows of a test are named. */
const MOST_KEYS = 10
const LONGEST_KEY = 200

/** Runs a model's tests over rows that nobody sees yet; answers those that fail. */
export async function testModel(
  ports: MakeModelPorts,
  session: LakeSession,
  model: Model,
  rows: Query,
): Promise<readonly Failing[]> {
  const { dialect } = ports.engine
  const masked = maskedColumns(ports.pipeline).get(model.name) ?? new Set()
  const failing: Failing[] = []
  for (const test of model.tests) {
    const others = new Map<string, Query>()
    for (const name of test.reads) others.set(name, await rowsOf(ports, model, name, rows))
    const found = test.failing(
      dialect,
      query`SELECT * FROM ${rows} AS t`,
      name => others.get(name)!,
      ports.now(),
    )
    const first = await session.rows(
      query`SELECT f.*, count(*) OVER () AS tb_failing FROM (${found}) AS f LIMIT ${MOST_KEYS}`,
    )
    if (first.length === 0) continue
    const { text, severity } = test
    const keys = first.map(row => keyOf(model, masked, row))
    failing.push({ test: text, severity, rows: Number(first[0]!['tb_failing']), keys })
  }
  return failing
}

async function rowsOf(ports: MakeModelPorts, model: Model, name: string, own: Query): Promise<Query> {
  if (name === model.name) return query`SELECT * FROM ${own} AS t`
  const other = ports.pipeline.models.find(each => each.name === name)!
  return query`SELECT * FROM ${asDeclared(ports.engine.dialect, other.columns, await modelRelations(ports, other, undefined))} AS t`
}

/** What names a row: its key, or what the test tells of it. */
function keyOf({ header: { key } }: Model, masked: ReadonlySet<string>, row: LakeRow): string {
  const named = key.length > 0 && key.every(name => row[name] !== undefined) ? key : Object.keys(row)
  const told = named
    .filter(name => !name.startsWith('tb_'))
    .map(name => `${name}=${masked.has(name) ? '(masked)' : textOf(row[name])}`)
  return told.join(' ').slice(0, LONGEST_KEY)
}

const textOf = (value: unknown) => (value instanceof Date ? value.toISOString() : String(value))
