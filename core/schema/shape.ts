/**
 * What a value of an event's data may be: a JSON Schema (2020-12) in normal form. `readShape` makes it from
 * what an author wrote; validators, columns, the API's description and clients follow from it alone.
 *
 * In normal form a shape names one type, with `null` beside it where it takes null; choices of single values
 * are an `enum`; other alternatives are an `anyOf`; an empty schema takes anything.
 */
export type Shape =
  | TextShape
  | NumericShape
  | BooleanShape
  | ObjectShape
  | ArrayShape
  | UnionShape
  | NullShape
  | AnyShape

/** What describes a value and decides nothing. */
export type Notes = {
  readonly title?: string
  readonly description?: string
  readonly $comment?: string
  readonly default?: unknown
  readonly examples?: readonly unknown[]
  readonly deprecated?: boolean
  readonly readOnly?: boolean
  readonly writeOnly?: boolean
}

/** A type, or a type and null. */
export type OrNull<T extends string> = T | readonly [T, 'null']

export type TextShape = Notes & {
  readonly type: OrNull<'string'>
  readonly enum?: readonly (string | null)[]
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly format?: string
}

export type NumericShape = Notes & {
  readonly type: OrNull<'integer'> | OrNull<'number'>
  readonly enum?: readonly (number | null)[]
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly multipleOf?: number
}

export type BooleanShape = Notes & {
  readonly type: OrNull<'boolean'>
  readonly enum?: readonly (boolean | null)[]
}

/** With `properties` a branch of the tree of fields; without, a free object. */
export type ObjectShape = Notes & {
  readonly type: OrNull<'object'>
  readonly properties?: Readonly<Record<string, Shape>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Shape
  readonly minProperties?: number
  readonly maxProperties?: number
  /** One of these sets of fields has to be there. */
  readonly anyOf?: readonly { readonly required: readonly string[] }[]
}

export type ArrayShape = Notes & {
  readonly type: OrNull<'array'>
  readonly items?: Shape
  readonly minItems?: number
  readonly maxItems?: number
  readonly uniqueItems?: boolean
}

export type UnionShape = Notes & { readonly type?: never; readonly anyOf: readonly Shape[] }

/** Stands only among the alternatives of a union. */
export type NullShape = Notes & { readonly type: 'null' }

export type AnyShape = Notes & { readonly type?: never; readonly anyOf?: never }

/** A single name of a type. */
export type TypeName = 'string' | 'integer' | 'number' | 'boolean' | 'object' | 'array'

/** The type of a shape without null; undefined for unions, null and anything. */
export function typeOf(shape: Shape): TypeName | undefined {
  if (shape.type === undefined || shape.type === 'null') return undefined
  return typeof shape.type === 'string' ? shape.type : shape.type[0]
}

/** The alternatives of a union; undefined for every other shape. */
export function alternativesIn(shape: Shape): readonly Shape[] | undefined {
  return shape.type === undefined ? shape.anyOf : undefined
}

/** Whether null is right. */
export function takesNull(shape: Shape): boolean {
  if (shape.type !== undefined) return shape.type === 'null' || typeof shape.type !== 'string'
  return alternativesIn(shape)?.some(takesNull) ?? true
}

/** The same shape, taking null too. */
export function orNull(shape: Shape): Shape {
  if (takesNull(shape)) return shape
  if (shape.type === undefined) return { ...shape, anyOf: [...alternativesIn(shape)!, { type: 'null' }] }
  const listed = 'enum' in shape && shape.enum !== undefined ? { enum: [...shape.enum, null] } : {}
  return { ...shape, type: [shape.type, 'null'], ...listed } as Shape
}

/** The same shape without null, of one that takes more than null. */
export function notNull(shape: Shape): Shape {
  if (shape.type === undefined) {
    const anyOf = alternativesIn(shape)
    return anyOf === undefined ? shape : { ...shape, anyOf: anyOf.filter(one => one.type !== 'null') }
  }
  const listed =
    'enum' in shape && shape.enum !== undefined ? { enum: shape.enum.filter(one => one !== null) } : {}
  return { ...shape, type: typeOf(shape), ...listed } as Shape
}
