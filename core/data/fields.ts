import { type ObjectShape, type Shape, takesNull, typeOf } from '../schema/shape.ts'
import { decimalPlaces } from './decimal.ts'

/**
 * A schema as declarations write it: JSON Schema, by TypeBox or plain. core/schema reads it; nothing else
 * looks into it.
 */
export type JsonSchema = {
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[] | undefined
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly format?: string
  readonly description?: string
  readonly multipleOf?: number
  readonly minimum?: number
  readonly maximum?: number
}

/**
 * `instant` is a string of format date-time; `json` is anything that is not one scalar: arrays, free objects,
 * unions.
 */
export type FieldKind = 'string' | 'instant' | 'integer' | 'number' | 'boolean' | 'json'

/** One leaf of an event's data. */
export type Field = {
  /** Keys from `data` down. */
  readonly path: readonly string[]
  /** Dotted path, as declarations write it: `start_location.longitude`. */
  readonly name: string
  /** Column name in curated data and the warehouse: `start_location_longitude`. */
  readonly column: string
  /** What the contract says of it: its description, else its title, else nothing. */
  readonly description: string
  readonly kind: FieldKind
  /** May be null. */
  readonly nullable: boolean
  /** May be missing. */
  readonly optional: boolean
  /** Decimal places of a number field; 0 for integers; undefined where the contract does not say. */
  readonly scale: number | undefined
}

/** The leaves of an event's data, in declared order. `scale` is the contract's default for number fields. */
export function fieldsOf(data: ObjectShape, scale: number | undefined): readonly Field[] {
  const fields: Field[] = []
  walk(data, [], false, false)
  return fields

  function walk(shape: Shape, path: readonly string[], optional: boolean, nullable: boolean): void {
    const mayBeNull = nullable || takesNull(shape)
    if (!('properties' in shape) || shape.properties === undefined) {
      fields.push(leafOf(shape, path, optional, mayBeNull, scale))
      return
    }
    const required = new Set(shape.required)
    for (const [key, child] of Object.entries(shape.properties))
      walk(child, [...path, key], optional || takesNull(shape) || !required.has(key), mayBeNull)
  }
}

function leafOf(
  shape: Shape,
  path: readonly string[],
  optional: boolean,
  nullable: boolean,
  scale: number | undefined,
): Field {
  const kind = kindOf(shape)
  return {
    path,
    name: path.join('.'),
    column: path.join('_').toLowerCase(),
    description: shape.description ?? shape.title ?? '',
    kind,
    nullable,
    optional,
    scale: scaleOf(shape, kind, scale),
  }
}

function kindOf(shape: Shape): FieldKind {
  const type = typeOf(shape)
  if (type === 'string') return 'format' in shape && shape.format === 'date-time' ? 'instant' : 'string'
  return type === 'integer' || type === 'number' || type === 'boolean' ? type : 'json'
}

/** Decimal places: those of `multipleOf` where there is one, else the contract's default. */
function scaleOf(shape: Shape, kind: FieldKind, fallback: number | undefined): number | undefined {
  if (kind === 'integer') return 0
  if (kind !== 'number') return undefined
  const step = 'multipleOf' in shape ? shape.multipleOf : undefined
  return step === undefined ? fallback : decimalPlaces(step)
}

/** The value at a path inside an event's data: undefined where missing. A list has no fields. */
export function valueAt(data: unknown, path: readonly string[]): unknown {
  let value = data
  for (const key of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    if (!Object.hasOwn(value, key)) return undefined
    value = (value as Record<string, unknown>)[key]
  }
  return value
}

/**
 * A reader for one path; the common single-key case takes no loop and, where no prototype has the key, no
 * check.
 */
export function readerOf(path: readonly string[]): (data: Record<string, unknown>) => unknown {
  const key = path[0]!
  if (path.length > 1 || key in Object.prototype) return data => valueAt(data, path)
  return data => data[key]
}
