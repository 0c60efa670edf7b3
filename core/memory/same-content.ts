import { isObject } from '../json/is-object.ts'

type Attributes = Readonly<Record<string, unknown>>

/**
 * Whether two events say the same, whatever the order of their keys. An attribute that is null is one that is
 * not set (CloudEvents JSON format 1.0.2, 2.3); within data null is a value.
 */
export function isSameContent(one: Attributes, other: Attributes): boolean {
  return isSame(setAttributes(one), setAttributes(other))
}

function setAttributes(event: Attributes): Attributes {
  return Object.fromEntries(
    Object.entries(event).filter(([name, value]) => value !== null || name === 'data'),
  )
}

/** Of parsed JSON. */
function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (Array.isArray(one))
    return (
      Array.isArray(other) && one.length === other.length && one.every((each, i) => isSame(each, other[i]))
    )
  if (!isObject(one) || !isObject(other) || Array.isArray(other)) return false
  const names = Object.keys(one)
  return (
    names.length === Object.keys(other).length &&
    names.every(name => Object.hasOwn(other, name) && isSame(one[name], other[name]))
  )
}
