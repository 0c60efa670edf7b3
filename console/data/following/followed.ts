import type { MetricAnswer } from '../api.ts'
import type { StreamEvent } from './event-stream.ts'

type Row = MetricAnswer['rows'][number]

/** What an event says has changed since the one before it. */
type Change = Pick<MetricAnswer, 'provenance' | 'total'> & {
  /** Rows that are new or have other values, each with its place in the answer. */
  readonly rows: readonly (Row & { readonly at: number })[]
  readonly removed: readonly Pick<Row, 'window' | 'group'>[]
}

/**
 * The answer after an event: what a query would answer at that moment. An event that is not known changes
 * nothing.
 */
export function afterEvent(
  answer: MetricAnswer | undefined,
  { name, data }: StreamEvent,
): MetricAnswer | undefined {
  if (name === 'snapshot') return JSON.parse(data) as MetricAnswer
  if (answer === undefined || (name !== 'change' && name !== 'boundary')) return answer
  const { rows, removed, provenance, total } = JSON.parse(data) as Change
  const { total: _, ...kept } = answer
  return {
    ...kept,
    rows: changedRows(answer.rows, rows, removed),
    ...(total !== undefined && { total }),
    provenance,
  }
}

/** All that are named are taken out, and the new ones put in their places, first to last. */
function changedRows(before: readonly Row[], changed: Change['rows'], removed: Change['removed']): Row[] {
  const named = new Set([...changed, ...removed].map(nameOf))
  const kept = before.filter(row => !named.has(nameOf(row)))
  const rows: Row[] = []
  let next = 0
  for (const { at, ...row } of changed) {
    while (rows.length < at) rows.push(kept[next++]!)
    rows.push(row)
  }
  return rows.concat(kept.slice(next))
}

const nameOf = ({ window, group }: Pick<Row, 'window' | 'group'>): string =>
  `${window} ${JSON.stringify(group)}`
