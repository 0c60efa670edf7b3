import type { Field } from '../data/fields.ts'
import { compileGroup, type Group, projectGroup } from '../data/group.ts'
import type { Metric } from '../declare/metric-plan.ts'
import { exactGroups } from '../fold/rollup.ts'
import type { Rollup, RollupWindows, Where } from '../ports/views.ts'

/**
 * One cell that somebody asks about: a window as it is asked for, and a group. It may be a declared one, or
 * one that many of those are combined to. Plain data: it goes from thread to thread.
 */
export type CellOf = {
  /** The window alone: `from` and `to` are its start and its end. */
  readonly windows: RollupWindows & { readonly from: number; readonly to: number }
  /** Names of the fields that the group has, in declared order. */
  readonly by: readonly string[]
  readonly group: Group
  /** Conditions on declared groups besides. */
  readonly where: Where
}

/** Values of a field that events of a cell have; undefined: the field is missing. */
export type FieldValues = {
  readonly field: Field
  readonly values: readonly (Group[string] | undefined)[]
}

/** What events of a cell have, field by field: its group, and the conditions. */
export function valuesOfCell(
  metric: Pick<Metric, 'by'>,
  { by, group, where }: CellOf,
): readonly FieldValues[] {
  return metric.by.flatMap(field => {
    const { name } = field
    const own = by.includes(name) ? [{ field, values: [ownValue(group, name)] }] : []
    return Object.hasOwn(where, name) ? [...own, { field, values: where[name]! }] : own
  })
}

function ownValue(group: Group, name: string): Group[string] | undefined {
  return Object.hasOwn(group, name) ? group[name] : undefined
}

/** How partials are combined to the cell, and to its neighbours of one window. */
export function rollupOf({ windows, by, where }: CellOf): Rollup {
  return { windows, by, where }
}

/** Canonical text of the cell's group, as a roll-up makes it. */
export function groupText({ group, by }: CellOf): string {
  return projectGroup(group, by)
}

/**
 * The declared groups that a cell is made of, where they can be named; undefined: they have to be looked
 * for.
 */
export function declaredGroups(
  { by: fields }: Pick<Metric, 'by'>,
  cell: CellOf,
): readonly string[] | undefined {
  if (fields.every(({ name }) => cell.by.includes(name)))
    return [compileGroup(fields.map(field => ({ ...field, path: [field.name] })))(cell.group)]
  return exactGroups(fields, { ...cell.where, ...asWhere(cell) })
}

/** The conditions that a group is, but for fields that it does not have. */
function asWhere({ group }: CellOf): Where {
  return Object.fromEntries(Object.entries(group).map(([name, value]) => [name, [value]]))
}
