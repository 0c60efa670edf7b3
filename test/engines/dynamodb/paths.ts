import { invalid } from './errors.ts'
import type { Item, Value } from './values.ts'

/** Where a value is in an item: names of attributes and keys of maps, and places of lists. */
export type Path = readonly [string, ...(string | number)[]]

export function valueAt(item: Item, path: Path): Value | undefined {
  let at: Value | undefined = { M: item }
  for (const step of path) {
    at =
      typeof step === 'number'
        ? at?.L?.[step]
        : at?.M !== undefined && Object.hasOwn(at.M, step)
          ? at.M[step]
          : undefined
    if (at === undefined) return undefined
  }
  return at
}

/** The item with another value there, or without one. What the path goes through has to be there. */
export function withValueAt(item: Item, path: Path, value: Value | undefined): Item {
  return changed({ M: item }, path, value).M!
}

function changed(
  at: Value | undefined,
  [step, ...rest]: readonly (string | number)[],
  value: Value | undefined,
): Value {
  if (typeof step === 'number') return changedList(at, step, rest, value)
  if (at?.M === undefined) throw noPlace()
  const { [step!]: before, ...others } = at.M
  const after = rest.length === 0 ? value : changed(before, rest, value)
  return { M: after === undefined ? others : { ...at.M, [step!]: after } }
}

function changedList(
  at: Value | undefined,
  step: number,
  rest: readonly (string | number)[],
  value: Value | undefined,
): Value {
  if (at?.L === undefined) throw noPlace()
  const list = [...at.L]
  const after = rest.length === 0 ? value : changed(list[step], rest, value)
  if (after === undefined) list.splice(step, 1)
  else list[Math.min(step, list.length)] = after
  return { L: list }
}

function noPlace(): Error {
  return invalid('The document path provided in the update expression is invalid for update')
}

/** Refuses two paths of which one leads through the other. */
export function requireApart(paths: readonly Path[]): void {
  for (const [i, a] of paths.entries())
    for (const b of paths.slice(i + 1))
      if (a.every((step, at) => at >= b.length || step === b[at]))
        throw invalid('Invalid UpdateExpression: Two document paths overlap with each other')
}
