import type { ServerEvent } from './server-events.ts'

/** What identifies a row of an answer. */
type Named = { readonly window: string; readonly group: unknown }

/** What of an answer changes while it is kept up. */
type Kept<Row> = {
  readonly rows: readonly Row[]
  readonly provenance: object
  readonly total?: number | undefined
}

/** What an event says has changed since the one before it. */
type Change<Row> = Omit<Kept<Row>, 'rows'> & {
  /** Rows that are new or have other values, each with its place in the answer, ascending. */
  readonly rows: readonly (Row & { readonly at: number })[]
  readonly removed: readonly Named[]
}

/**
 * The answer after an event: what a query would answer at that moment. An event that is not known changes
 * nothing.
 *
 * @param parse JSON: as whoever asked reads answers
 */
export function afterEvent<Row extends Named, Answer extends Kept<Row>>(
  before: (Answer & Kept<Row>) | undefined,
  { name, data }: ServerEvent,
  parse: (text: string) => unknown,
): Answer | undefined {
  if (name === 'snapshot') return parse(data) as Answer
  if (before === undefined || (name !== 'change' && name !== 'boundary')) return before
  const { rows, removed, provenance, total } = parse(data) as Change<Row>
  const { total: _, ...same } = before
  const changed = { rows: changedRows(before.rows, rows, removed), provenance }
  return { ...same, ...changed, ...(total !== undefined && { total }) } as Answer & Kept<Row>
}

/** All that are named are taken out, and the new ones put in their places, first to last. */
function changedRows<Row extends Named>(
  before: readonly Row[],
  changed: Change<Row>['rows'],
  removed: readonly Named[],
): readonly Row[] {
  const named = new Set([...changed, ...removed].map(nameOf))
  const kept = before.filter(row => !named.has(nameOf(row)))
  const rows: Row[] = []
  let next = 0
  for (const { at, ...row } of changed) {
    while (rows.length < at) rows.push(kept[next++]!)
    rows.push(row as unknown as Row)
  }
  return rows.concat(kept.slice(next))
}

/** A row's name, by which it is the same one in another answer. */
export function nameOf({ window, group }: Named): string {
  return `${window} ${JSON.stringify(group)}`
}
