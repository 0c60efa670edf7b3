import type { Shape } from './shape.ts'

/** How one schema is read: what its parts need to know of the whole. */
export type Reading = {
  /** Decimal places of numbers that declare none. */
  readonly scale: number | undefined
  /** `$defs` of the whole schema. */
  readonly definitions: Readonly<Record<string, unknown>>
  /** References that are being followed, outermost first. */
  readonly following: readonly string[]
  readonly depth: number
  /** Counts the schemas read so far. */
  readonly count: { schemas: number }
  /** Names of `$defs` that some `$ref` has led to. */
  readonly followed: Set<string>
  read(node: unknown, place: string, reading: Reading): Shape
}

/** One schema on its way into a shape: what its author wrote there, and where that is. */
export type Written = {
  readonly node: Readonly<Record<string, unknown>>
  readonly place: string
  readonly reading: Reading
}

/** Is a single value of a type? */
export function fits(value: unknown, type: string): boolean {
  if (type === 'integer') return Number.isSafeInteger(value)
  if (type === 'null') return value === null
  return typeof value === type
}

/** Some keys of a schema, where they are there. */
export function pick(node: Written['node'], keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(keys.filter(key => node[key] !== undefined).map(key => [key, node[key]]))
}
