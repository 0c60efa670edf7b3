/** A value as DynamoDB's JSON has it. */
type AttributeValue = Readonly<Record<string, unknown>>

/** A statement of `BatchExecuteStatement`. */
export type Statement = { readonly Statement: string; readonly Parameters?: readonly AttributeValue[] }

/**
 * The write units of a PartiQL statement, for which DynamoDBLocal gives none: one for each KB of the item
 * begun, also where its condition does not hold. The item's size is that of the parameters and of the names
 * in the statement, which set a whole item: what a condition compares with is counted too, so this is a
 * little more than AWS bills.
 */
export function writeUnits({ Statement, Parameters = [] }: Statement): number {
  const names = new Set(Statement.match(/\b[a-z_]\w*(?=["']?\s*[:=])/gi))
  const bytes = [...names].join('').length + Parameters.reduce((sum, value) => sum + sizeOf(value), 0)
  return Math.max(1, Math.ceil(bytes / 1024))
}

/** Table of a statement. */
export function tableOfStatement({ Statement }: Statement): string {
  return /(?:INTO|UPDATE|FROM)\s+"([^"]+)"/i.exec(Statement)?.[1] ?? 'unknown'
}

/** Bytes of a value (DynamoDB developer guide, "Item sizes and formats"). */
function sizeOf(value: AttributeValue): number {
  const [type, content] = Object.entries(value)[0] ?? ['NULL', true]
  if (type === 'S') return Buffer.byteLength(content as string)
  if (type === 'B') return Buffer.byteLength(content as string, 'base64')
  if (type === 'N') return Math.ceil((content as string).length / 2) + 1
  if (type === 'L') return 3 + (content as AttributeValue[]).reduce((sum, one) => sum + 1 + sizeOf(one), 0)
  if (type !== 'M') return 1
  const fields = Object.entries(content as Record<string, AttributeValue>)
  return 3 + fields.reduce((sum, [name, one]) => sum + 1 + Buffer.byteLength(name) + sizeOf(one), 0)
}
