import { parseJson } from '../../../core/json/json.ts'
import type { AnswerOf } from '../../../functions/table.ts'
import type { ServerEvent } from './server-events.ts'

export type Answer = AnswerOf<'GET /v1/metrics/{name}'>
export type Row = Answer['rows'][number]

/** What has changed since the event before. */
type Change = Pick<Answer, 'provenance' | 'total'> & {
  /** New, or with other values, each with its place in the answer. */
  readonly rows: readonly (Row & { readonly at: number })[]
  readonly removed: readonly Pick<Row, 'window' | 'group'>[]
}

/** The answer after an event: what a query would answer then. One that is not known changes nothing. */
export function afterEvent(before: Answer | undefined, { name, data }: ServerEvent): Answer | undefined {
  if (name === 'snapshot') return parseJson(data) as Answer
  if (before === undefined || (name !== 'change' && name !== 'boundary')) return before
  const { rows: changed, removed, provenance, total } = parseJson(data) as Change
  const { total: _, ...same } = before
  const rows = placed(before.rows, changed, removed)
  return { ...same, rows, provenance, ...(total !== undefined && { total }) }
}

/** All that are named are taken out; then each new one is put in its place, first to last. */
function placed(before: readonly Row[], changed: Change['rows'], removed: Change['removed']): Row[] {
  const named = new Set([...changed, ...removed].map(nameOf))
  const rows = before.filter(row => !named.has(nameOf(row)))
  // Places ascend, so what lies before one is complete when it is put there.
  for (const { at, ...row } of changed) rows.splice(at, 0, row)
  return rows
}

export const nameOf = ({ window, group }: Pick<Row, 'window' | 'group'>) =>
  `${window} ${JSON.stringify(group)}`
