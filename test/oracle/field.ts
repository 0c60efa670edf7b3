import type { JsonSchema } from '../../core/data/fields.ts'
import type { ContractDeclaration } from '../../core/declare/contract.ts'
import { NumberText, plainText, scaleText } from './decimal.ts'
import { isOfKind } from './readable.ts'

/** What the reference knows of a field: where it is, and its decimal places where it is a number. */
export type OracleField = {
  readonly name: string
  readonly scale: number | undefined
  readonly read: (data: unknown) => unknown
}

export function fieldOf(contract: ContractDeclaration, name: string): OracleField {
  const path = name.split('.')
  let node: JsonSchema = contract.data
  let isNullable = false
  for (const key of path) {
    node = notNull(node).properties![key]!
    isNullable ||= takesNull(node)
  }
  const leaf = notNull(node)
  const scale =
    leaf.type === 'integer'
      ? 0
      : leaf.type !== 'number'
        ? undefined
        : leaf.multipleOf === undefined
          ? contract.scale
          : decimalPlaces(String(leaf.multipleOf))
  const type = typeof leaf.type === 'string' ? leaf.type : undefined
  const wanted = { type, isInstant: leaf.format === 'date-time', isNullable, scale }
  const read = (data: unknown) => {
    const value = path.reduce(step, data)
    return isOfKind(wanted, value) ? value : undefined
  }
  return { name, scale, read }
}

function step(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return Object.entries(value).find(([name]) => name === key)?.[1]
}

function takesNull({ type, anyOf, oneOf, enum: listed, const: only }: JsonSchema): boolean {
  if (type !== undefined) return type === 'null' || (Array.isArray(type) && type.includes('null'))
  if (anyOf !== undefined || oneOf !== undefined) return [...(anyOf ?? []), ...(oneOf ?? [])].some(takesNull)
  return listed !== undefined ? listed.includes(null) : only === undefined || only === null
}

function decimalPlaces(text: string): number {
  const [mantissa = '', exponent = '0'] = text.split('e')
  return Math.max(0, (mantissa.split('.')[1] ?? '').length - Number(exponent))
}

function notNull(node: JsonSchema): JsonSchema {
  const only = (node.anyOf ?? []).find(each => each.type !== 'null') ?? node
  if (!Array.isArray(only.type)) return only
  return { ...only, type: (only.type as string[]).find(type => type !== 'null')! }
}

/** A value's text at the field's scale: what groups print and `distinct` hashes. */
export function valueText({ scale }: OracleField, value: unknown): string {
  if (value instanceof NumberText) return plainText(scaleText(value.source, scale!), scale!)
  return String(value)
}
