import { CONDITIONS, type Condition, type FilterDeclaration } from '../data/filter.ts'
import { WINDOWS, type Window } from '../data/time.ts'
import { TributaryError } from '../errors.ts'
import { MEASURES, type Measure } from '../measures/table.ts'
import { knownKeys, refuseUnknownKeys } from './known-keys.ts'

/** What a user writes to declare a metric. Both layers, the SQL, the tables and the API follow from it. */
export type MetricDeclaration = {
  /** Snake-case name: it becomes the API path and the warehouse table. */
  readonly name: string
  readonly title?: string
  readonly description?: string
  /** Event type the metric is computed from. */
  readonly type: string
  /** Event-time bucket. */
  readonly window: Window
  /** Fields (dotted paths) to group by; none: one group. */
  readonly by?: readonly string[]
  /** Only events that pass count. */
  readonly where?: FilterDeclaration
  /** Name of each value → what it is. */
  readonly measures: Readonly<Record<string, Measure>>
}

/** Every key of a metric. */
export const METRIC_KEYS = knownKeys<MetricDeclaration>({
  ...{ name: 1, title: 1, description: 1, type: 1, window: 1, by: 1, where: 1, measures: 1 },
})

/**
 * Declares a metric. Put the result as the default export of a file in `pipeline/metrics/`.
 *
 * @example
 * export default defineMetric({
 *   name: 'orders_daily', type: 'com.example.order', window: 'day', by: ['country'],
 *   where: { status: { eq: 'paid' } },
 *   measures: { orders: count(), revenue: sum('amount') },
 * })
 * @throws TributaryError `invalid_declaration` naming the part that cannot work
 */
export function defineMetric(declaration: MetricDeclaration): MetricDeclaration {
  refuseUnknownKeys(declaration, METRIC_KEYS)
  const { name, type, window, measures, by = [], where = {} } = declaration
  if (typeof name !== 'string' || !TABLE_NAME.test(name))
    fail(name, `name "${name}" cannot be a table name`, 'use lower-case letters, digits and _, at most 48')
  for (const [key, text] of Object.entries({
    type,
    title: declaration.title,
    description: declaration.description,
  }))
    if (text !== undefined && typeof text !== 'string')
      fail(name, `${key} is not a text`, 'write it in quotes')
  if (typeof window !== 'string' || !Object.hasOwn(WINDOWS, window))
    fail(name, `window "${window}" is unknown`, `use one of ${Object.keys(WINDOWS).join(', ')}`)
  if (!Array.isArray(by) || by.some(field => typeof field !== 'string'))
    fail(name, `by ${JSON.stringify(by)} is not a list of fields`, "write ['country']")
  if (!isRecord(measures) || Object.keys(measures).length === 0)
    fail(name, 'it has no measures', 'add one, such as events: count()')
  for (const measure of Object.keys(measures)) checkMeasure(name, measure, measures)
  if (!isRecord(where)) fail(name, 'where is not an object', 'write { field: { eq: 1 } }')
  for (const [field, condition] of Object.entries(where)) checkCondition(name, field, condition)
  return declaration
}

const TABLE_NAME = /^[a-z][a-z0-9_]{0,47}$/

/** A measure by itself: its kind, and what the kind takes. A key that is mistyped would be ignored. */
function checkMeasure(name: string, measure: string, measures: MetricDeclaration['measures']): void {
  const declared = measures[measure] as Measure
  if (!TABLE_NAME.test(measure))
    fail(name, `measure "${measure}" cannot be a column name`, 'use lower-case letters, digits and _')
  if (!isRecord(declared) || typeof declared.kind !== 'string' || !Object.hasOwn(MEASURES, declared.kind))
    fail(name, `measure "${measure}" is none`, `call one of ${Object.keys(MEASURES).join(', ')}`)
  const { keys, check } = MEASURES[declared.kind]
  const unknown = Object.keys(declared).find(key => key !== 'kind' && !Object.hasOwn(keys, key))
  if (unknown !== undefined)
    fail(
      name,
      `measure "${measure}" has "${unknown}"`,
      `${declared.kind} takes ${Object.keys(keys).join(', ') || 'nothing'}`,
    )
  for (const [key, type] of Object.entries(keys)) {
    const value = (declared as Readonly<Record<string, unknown>>)[key]
    const isLeftOut = value === undefined && type.endsWith('?')
    if (!isLeftOut && typeof value !== type.replace('?', ''))
      fail(
        name,
        `measure "${measure}" has no ${key} that is a ${type.replace('?', '')}`,
        `call ${declared.kind}(…)`,
      )
  }
  const wrong = check(declared, measures)
  if (wrong !== undefined) fail(name, `measure "${measure}" ${wrong.problem}`, wrong.remedy)
}

/** A condition by itself: what it compares with is for whoever knows the field. */
function checkCondition(name: string, field: string, condition: Condition): void {
  if (!isRecord(condition) || Object.keys(condition).length === 0)
    fail(name, `where "${field}" has no condition`, `use ${CONDITIONS.join(', ')}`)
  if ('exists' in condition && typeof condition.exists !== 'boolean')
    fail(name, `where "${field}" exists ${JSON.stringify(condition.exists)}`, 'write true or false')
}

function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function fail(name: string, problem: string, remedy: string): never {
  throw new TributaryError('invalid_declaration', `metric ${name}: ${problem}; ${remedy}`)
}
