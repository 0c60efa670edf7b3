import type { Cursor } from './tokens.ts'
import type { ValueType } from './tree.ts'

/** Types of SQL that a model may name, and what else they are called. */
const NAMED: Readonly<Record<string, ValueType>> = {
  ...{ bigint: { type: 'bigint' }, integer: { type: 'bigint' }, int: { type: 'bigint' } },
  ...{ text: { type: 'text' }, varchar: { type: 'text' }, string: { type: 'text' } },
  ...{ boolean: { type: 'boolean' }, double: { type: 'double' }, timestamp: { type: 'timestamp' } },
}

/** Most digits of a decimal that every engine has. */
export const MOST_DIGITS = 38

/** Reads a type behind AS. @throws TributaryError `invalid_declaration` naming the types there are */
export function parseType(cursor: Cursor): ValueType {
  const { text, line } = cursor.next()
  if (text === 'double') cursor.takes('precision')
  if (text === 'decimal' || text === 'numeric') return decimalOf(cursor, line)
  if (Object.hasOwn(NAMED, text)) return NAMED[text]!
  return cursor.fails(
    `the type ${text} is not known here`,
    `use ${['decimal(18, 2)', ...Object.keys(NAMED)].join(', ')}`,
    line,
  )
}

function decimalOf(cursor: Cursor, line: number): ValueType {
  if (!cursor.takes('('))
    cursor.fails('DECIMAL without digits means something else in each engine', 'write DECIMAL(18, 2)', line)
  const precision = Number(cursor.next().text)
  const scale = cursor.takes(',') ? Number(cursor.next().text) : 0
  cursor.needs(')')
  if (!(precision >= 1 && precision <= MOST_DIGITS && scale >= 0 && scale <= precision))
    cursor.fails(
      `DECIMAL(${precision}, ${scale}) is none`,
      `write DECIMAL(digits, places), with ${MOST_DIGITS} digits at most`,
      line,
    )
  return { type: 'decimal', precision, scale }
}

export const isNumeric = ({ type }: ValueType) => type === 'bigint' || type === 'decimal' || type === 'double'

/** A type as messages and documents name it. */
export function typeName({ type, precision, scale }: ValueType): string {
  return type === 'decimal' ? `decimal(${precision ?? 18}, ${scale ?? 0})` : type
}

/** What values of several branches have in common; undefined where they have nothing. */
export function commonType(types: readonly ValueType[]): ValueType | undefined {
  const known = types.filter(({ type }) => type !== 'null')
  const [first = { type: 'null' } as const] = known
  if (known.every(each => typeName(each) === typeName(first))) return first
  if (!known.every(({ type }) => type === 'bigint' || type === 'decimal')) return undefined
  return { type: 'decimal', precision: MOST_DIGITS, scale: Math.max(...known.map(({ scale = 0 }) => scale)) }
}
