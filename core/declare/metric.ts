import type { FilterDeclaration } from '../data/filter.ts'
import { WINDOWS, type Window } from '../data/time.ts'
import { TributaryError } from '../errors.ts'
import { MEASURES, type Measure } from '../measures/table.ts'

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
  const { name, window, measures } = declaration
  if (!/^[a-z][a-z0-9_]{0,47}$/.test(name ?? ''))
    fail(name, `name "${name}" cannot be a table name`, 'use lower-case letters, digits and _, at most 48')
  if (!Object.hasOwn(WINDOWS, window ?? ''))
    fail(name, `window "${window}" is unknown`, `use one of ${Object.keys(WINDOWS).join(', ')}`)
  if (Object.keys(measures ?? {}).length === 0)
    fail(name, 'it has no measures', 'add one, such as events: count()')
  for (const [measure, declared] of Object.entries(measures)) {
    if (!/^[a-z][a-z0-9_]{0,47}$/.test(measure))
      fail(name, `measure "${measure}" cannot be a column name`, 'use lower-case letters, digits and _')
    if (!Object.hasOwn(MEASURES, declared?.kind ?? ''))
      fail(name, `measure "${measure}" is none`, `call one of ${Object.keys(MEASURES).join(', ')}`)
    const wrong = MEASURES[declared.kind].check(declared, measures)
    if (wrong !== undefined) fail(name, `measure "${measure}" ${wrong.problem}`, wrong.remedy)
  }
  return declaration
}

function fail(name: string, problem: string, remedy: string): never {
  throw new TributaryError('invalid_declaration', `metric ${name}: ${problem}; ${remedy}`)
}
