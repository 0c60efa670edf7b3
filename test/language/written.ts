import type fc from 'fast-check'

/** A schema as an author may write it, what the author means by it, and values that are right by that. */
export type Written = {
  readonly schema: Node
  readonly means: Meaning
  readonly values: fc.Arbitrary<unknown>
}

export type Node = Readonly<Record<string, unknown>>

/** What one value is. `scale`: decimal places of a number, where anything says them. */
export type Single = {
  readonly kind: 'text' | 'instant' | 'integer' | 'number' | 'boolean' | 'json'
  readonly scale?: number | undefined
}

/** One value, or the fields of an object. */
export type Meaning = Single | { readonly kind: 'fields'; readonly fields: ReadonlyMap<string, Meaning> }

/** A value of an event's data: where it stands, and what it is. */
export type Leaf = Single & { readonly path: readonly string[] }

/** The values that a meaning comes down to, in order. */
export function leavesOf(means: Meaning, path: readonly string[] = []): readonly Leaf[] {
  if (means.kind !== 'fields') return [{ ...means, path }]
  return [...means.fields].flatMap(([name, inner]) => leavesOf(inner, [...path, name]))
}

/** The column of a leaf, by what docs/declare.md says of names. */
export const columnOf = ({ path }: Leaf) => path.join('_').toLowerCase()

/** What stands at a leaf; undefined where nothing does. */
export function valueAt({ path }: Leaf, data: unknown): unknown {
  let value = data
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Node)[key]
  }
  return value
}
