import type { Field } from '../../data/fields.ts'

/** What the column of a field holds: the kind of its values and, of numbers, their decimal places. */
export type StoredType = Pick<Field, 'kind' | 'scale'>

/**
 * Why values that were stored as one type cannot be read as another; undefined where they can. An integer is
 * a number, a number may keep more decimal places, and one without declared places takes any.
 */
export function storedTypeProblem(was: StoredType, is: StoredType): string | undefined {
  const widens = was.kind === 'integer' && is.kind === 'number'
  if (was.kind !== is.kind && !widens)
    return `was ${was.kind} and is ${is.kind}; add a field under a new name`
  if (was.kind !== 'number' || was.scale === undefined || is.scale === undefined) return undefined
  if (is.scale >= was.scale) return undefined
  return `keeps ${is.scale} decimal places and kept ${was.scale}; keep as many`
}

/** Whether two types are one in every column. */
export function isSameStored(a: StoredType, b: StoredType): boolean {
  return a.kind === b.kind && (a.kind !== 'number' || a.scale === b.scale)
}
