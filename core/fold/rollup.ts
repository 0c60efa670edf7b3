import { type CellKind, type CellValues, combineCells } from '../cells/cells.ts'
import type { Field } from '../data/fields.ts'
import { compileGroup, type Group, parseGroup, projectGroup } from '../data/group.ts'
import { TributaryError } from '../errors.ts'
import { keyText, type MetricPartial, type Rollup, type Where } from '../ports/views.ts'
import { compileStarts } from './rollup-windows.ts'

/** Partials of a query as they are read, combined to what it asks for. */
export type Gathering = {
  /** `read` is called where the query wants the group; undefined: there is no such partial after all. */
  add(window: number, group: string, read: () => CellValues | undefined): void
  rows(): readonly MetricPartial[]
}

/** Most rows of an answer. */
export const MAX_ROWS = 200_000
/** Most partials a query combines: about ten seconds of work. */
export const MAX_COMBINED = 5_000_000

/**
 * Combines partials to at most `limit` rows; undefined `rollup`: by their own windows and groups. Cells are
 * monoids, so a rolled-up day is the very day that would have been computed from the events.
 *
 * @param without keys that are passed over, as `keyText` names them
 * @throws (`add`) TributaryError `too_large` where there would be more rows, or too many to combine;
 * `bad_request` where windows lie across days of the time zone asked for
 */
export function createGathering(
  kinds: readonly CellKind[],
  rollup: Rollup | undefined,
  limit: number,
  without?: ReadonlySet<string>,
): Gathering {
  const rows = new Map<string, { window: number; group: string; cells: CellValues }>()
  const groupOf = rollup === undefined ? (group: string) => group : compileProjection(rollup)
  const startOf = rollup === undefined ? (window: number) => window : compileStarts(rollup.windows)
  let combined = 0

  return {
    add(window, group, read) {
      const kept = groupOf(group)
      const start = kept === undefined ? undefined : startOf(window)
      if (kept === undefined || start === undefined) return
      if (without?.has(keyText(window, group)) === true) return
      const cells = read()
      if (cells === undefined) return
      if (rollup !== undefined && ++combined > MAX_COMBINED) throw tooMuchToCombine()
      const key = `${start}|${kept}`
      const known = rows.get(key)
      if (known !== undefined) known.cells = combineCells(kinds, known.cells, cells)
      else if (rows.size >= limit) throw tooManyRows(limit)
      else rows.set(key, { window: start, group: kept, cells })
    },
    rows: () => [...rows.values()],
  }
}

/** Group text → that of the row it goes into; undefined: it is not asked for. Each group is read once. */
function compileProjection({ by, where }: Rollup): (group: string) => string | undefined {
  const conditions = Object.entries(where)
  if (by === undefined && conditions.length === 0) return group => group
  const known = new Map<string, string | undefined>()
  const project = (text: string) => {
    const group = parseGroup(text)
    const isWanted = conditions.every(
      ([name, values]) => Object.hasOwn(group, name) && values.includes(group[name]!),
    )
    if (!isWanted) return undefined
    return by === undefined ? text : projectGroup(group, by)
  }
  return text => {
    if (!known.has(text)) known.set(text, project(text))
    return known.get(text)
  }
}

/** Most groups that are looked up one by one instead of being looked for. */
const MAX_EXACT_GROUPS = 1000

/** The groups that conditions on every field of a metric name; undefined where they leave some open. */
export function exactGroups(fields: readonly Field[], where: Where): readonly string[] | undefined {
  if (!fields.every(({ name }) => Object.hasOwn(where, name))) return undefined
  const count = fields.reduce((product, { name }) => product * where[name]!.length, 1)
  if (count > MAX_EXACT_GROUPS) return undefined
  const textOf = compileGroup(fields.map(field => ({ ...field, path: [field.name] })))
  const groups = fields.reduce<readonly Group[]>(
    (all, { name }) => all.flatMap(group => where[name]!.map(value => ({ ...group, [name]: value }))),
    [{}],
  )
  return [...new Set(groups.map(textOf))]
}

/** What every engine of views says to a query that would answer too much. */
export function tooManyRows(limit: number): TributaryError {
  return new TributaryError(
    'too_large',
    `the answer would have more than ${limit} rows; narrow from and to, ask for a coarser window or fewer fields in by, or name groups with where`,
  )
}

function tooMuchToCombine(): TributaryError {
  return new TributaryError(
    'too_large',
    `the query combines more than ${MAX_COMBINED} partials; narrow from and to, or name groups with where`,
  )
}
