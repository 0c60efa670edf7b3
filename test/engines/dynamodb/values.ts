import { invalid } from './errors.ts'
import { compareNumbers, numberSize, numberText } from './numbers.ts'

/** A value as DynamoDB's JSON has it: `B` in base64. One of the types. */
export type Value = {
  readonly S?: string
  readonly N?: string
  readonly B?: string
  readonly BOOL?: boolean
  readonly NULL?: boolean
  readonly L?: readonly Value[]
  readonly M?: Item
  readonly SS?: readonly string[]
  readonly NS?: readonly string[]
  readonly BS?: readonly string[]
}
export type Item = { readonly [name: string]: Value }

export type ValueType = keyof Value

const SCALAR_OF: Readonly<Partial<Record<ValueType, 'S' | 'N' | 'B'>>> = { SS: 'S', NS: 'N', BS: 'B' }
/** Levels that lists and maps may be nested ("Constraints", DynamoDB developer guide). */
const DEEPEST = 32

export function typeOf(value: Value): ValueType {
  return Object.keys(value)[0] as ValueType
}

/** A value in its one form: numbers without needless digits. */
export function checkValue(value: Value, depth = 0): Value {
  const types = Object.keys(value ?? {})
  if (types.length !== 1)
    throw invalid('Supplied AttributeValue has more than one datatypes set, must contain exactly one')
  if (depth > DEEPEST) throw invalid('Nesting Levels have exceeded supported limits')
  const { S, N, B, BOOL, NULL, L, M } = value
  if (S !== undefined) return text(S, value)
  if (N !== undefined) return { N: numberText(N) }
  if (B !== undefined) return text(B, value)
  if (BOOL !== undefined) return value
  if (NULL === true) return value
  if (NULL !== undefined) throw invalid('Null attribute value types must have the value of true')
  if (L !== undefined) return { L: L.map(one => checkValue(one, depth + 1)) }
  if (M !== undefined) return { M: checkItem(M, depth + 1) }
  return checkSet(value)
}

function text(content: unknown, value: Value): Value {
  if (typeof content !== 'string') throw invalid('a text or binary value is no string')
  return value
}

export function checkItem(item: Item, depth = 0): Item {
  const entries = Object.entries(item).filter(([, value]) => value !== undefined)
  if (entries.some(([name]) => name === '' && depth === 0))
    throw invalid('One or more parameter values were invalid: attribute name cannot be empty')
  return Object.fromEntries(entries.map(([name, value]) => [name, checkValue(value, depth)]))
}

function checkSet(value: Value): Value {
  const type = typeOf(value)
  const scalar = SCALAR_OF[type]
  if (scalar === undefined) throw invalid(`Supplied AttributeValue has no known type: ${type}`)
  const members = value[type] as readonly string[]
  if (members.length === 0)
    throw invalid('One or more parameter values were invalid: An string set  may not be empty')
  const all = members.map(one => checkValue({ [scalar]: one })[scalar] as string)
  if (new Set(all).size < all.length)
    throw invalid('One or more parameter values were invalid: Input collection contains duplicates.')
  return { [type]: all }
}

/** Members of a set; undefined: it is none. */
export function membersOf(value: Value): readonly string[] | undefined {
  const type = typeOf(value)
  return SCALAR_OF[type] === undefined ? undefined : (value[type] as readonly string[])
}

export function memberOf(set: Value, value: Value): boolean {
  const scalar = SCALAR_OF[typeOf(set)]
  const content = scalar && value[scalar]
  return content !== undefined && membersOf(set)!.includes(content)
}

export function equalValues(a: Value, b: Value): boolean {
  return canonical(a) === canonical(b)
}

/** The same text for the same value: attributes and members of sets have no order. */
function canonical(value: Value): string {
  const { L, M } = value
  if (L !== undefined) return `L[${L.map(canonical).join()}]`
  if (M !== undefined)
    return `M{${Object.keys(M)
      .sort()
      .map(name => `${JSON.stringify(name)}:${canonical(M[name]!)}`)
      .join()}}`
  const members = membersOf(value)
  return members === undefined ? JSON.stringify(value) : JSON.stringify([typeOf(value), [...members].sort()])
}

/** Order of two scalars of one type; undefined: they have none. */
export function compareValues(a: Value, b: Value): number | undefined {
  if (a.S !== undefined && b.S !== undefined) return compareTexts(a.S, b.S)
  if (a.N !== undefined && b.N !== undefined) return compareNumbers(a.N, b.N)
  if (a.B !== undefined && b.B !== undefined) return Buffer.compare(bytesOf(a.B), bytesOf(b.B))
  return undefined
}

/** By the bytes of UTF-8. Without surrogates that is the order of JavaScript. */
function compareTexts(a: string, b: string): number {
  if (/[\ud800-\udfff]/.test(a) || /[\ud800-\udfff]/.test(b))
    return Buffer.compare(Buffer.from(a), Buffer.from(b))
  return a < b ? -1 : a > b ? 1 : 0
}

export function bytesOf(base64: string): Buffer {
  return Buffer.from(base64, 'base64')
}

/** Bytes that count for the limit and the bill ("Item sizes and formats", DynamoDB developer guide). */
export function valueSize(value: Value): number {
  const { S, N, B, L, M } = value
  if (S !== undefined) return Buffer.byteLength(S)
  if (N !== undefined) return numberSize(N)
  if (B !== undefined) return Buffer.byteLength(B, 'base64')
  if (L !== undefined) return 3 + L.reduce((sum, one) => sum + 1 + valueSize(one), 0)
  if (M !== undefined) return 3 + Object.keys(M).length + itemSize(M)
  const members = membersOf(value)
  if (members === undefined) return 1
  const scalar = SCALAR_OF[typeOf(value)]!
  return members.reduce((sum, one) => sum + valueSize({ [scalar]: one }), 0)
}

export function itemSize(item: Item): number {
  let size = 0
  for (const name in item) size += Buffer.byteLength(name) + valueSize(item[name]!)
  return size
}
