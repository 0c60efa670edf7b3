import { POWERS_OF_TEN } from './decimal.ts'

/**
 * The parts of JSON Schema that decide what a field is; everything else in a schema is the validator's
 * business.
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
  readonly kind: FieldKind
  /** May be null. */
  readonly nullable: boolean
  /** May be missing. */
  readonly optional: boolean
  /** Decimal places of a number field; 0 for integers; undefined where the contract does not say. */
  readonly scale: number | undefined
}

/** The leaves of a data schema, in declared order. `scale` is the contract's default for number fields. */
export function fieldsOf(schema: JsonSchema, scale: number | undefined): readonly Field[] {
  const fields: Field[] = []
  walk(schema, [], false, false)
  return fields

  function walk(node: JsonSchema, path: readonly string[], optional: boolean, nullable: boolean): void {
    const { variants, hasNull } = variantsOf(node)
    const only = variants.length === 1 ? variants[0]! : undefined
    if (only?.properties !== undefined) {
      const required = new Set(only.required ?? [])
      for (const [key, child] of Object.entries(only.properties)) {
        walk(child, [...path, key], optional || hasNull || !required.has(key), nullable || hasNull)
      }
      return
    }
    if (path.length === 0) return
    const kind = only === undefined ? 'json' : kindOf(only)
    fields.push({
      path,
      name: path.join('.'),
      column: path.join('_').toLowerCase(),
      kind,
      nullable: nullable || hasNull,
      optional,
      scale: only === undefined ? undefined : scaleOf(only, kind, scale),
    })
  }
}

/**
 * A schema's alternatives with `null` taken out: `["number","null"]` and `anyOf: [{…}, {type: "null"}]`
 * alike.
 */
function variantsOf(node: JsonSchema): { variants: readonly JsonSchema[]; hasNull: boolean } {
  const alternatives = node.anyOf ?? node.oneOf
  if (alternatives !== undefined) {
    const inner = alternatives.map(variantsOf)
    return { variants: inner.flatMap(v => v.variants), hasNull: inner.some(v => v.hasNull) }
  }
  if (Array.isArray(node.type)) {
    const types = (node.type as readonly string[]).filter(t => t !== 'null')
    return { variants: types.map(type => ({ ...node, type })), hasNull: types.length < node.type.length }
  }
  if (node.type === 'null' || ('const' in node && node.const === null)) return { variants: [], hasNull: true }
  return { variants: [node], hasNull: node.enum?.includes(null) ?? false }
}

function kindOf(node: JsonSchema): FieldKind {
  const type = node.type ?? typeOfValues(node)
  if (type === 'string') return node.format === 'date-time' ? 'instant' : 'string'
  return type === 'integer' || type === 'number' || type === 'boolean' ? type : 'json'
}

function typeOfValues(node: JsonSchema): string | undefined {
  const values = 'const' in node ? [node.const] : (node.enum ?? [])
  const types = new Set(values.filter(v => v !== null).map(v => typeof v))
  return types.size === 1 ? [...types][0] : undefined
}

/**
 * Decimal places: of `multipleOf` where it is a power of ten or has finite decimals, else the contract's
 * default.
 */
function scaleOf(node: JsonSchema, kind: FieldKind, fallback: number | undefined): number | undefined {
  if (kind === 'integer') return 0
  if (kind !== 'number') return undefined
  if (node.multipleOf === undefined) return fallback
  return decimalPlaces(node.multipleOf)
}

/** Decimal places of a step such as 0.25 (2); undefined where it has more than 15. */
export function decimalPlaces(x: number): number | undefined {
  for (let places = 0; places <= 15; places++) {
    const scaled = x * POWERS_OF_TEN[places]!
    if (Math.abs(scaled - Math.round(scaled)) < 1e-9 && Math.round(scaled) !== 0) return places
  }
  return undefined
}

/** The value at a path inside an event's data: undefined where missing. */
export function valueAt(data: unknown, path: readonly string[]): unknown {
  let value = data
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
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
