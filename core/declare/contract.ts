import type { JsonSchema } from '../data/fields.ts'
import { isTypeName } from '../data/type-name.ts'
import { TributaryError } from '../errors.ts'
import { knownKeys, refuseUnknownKeys } from './known-keys.ts'
import { type RetentionDeclaration, readRetention } from './retention.ts'

/** What a user writes to declare an event type. See docs/declare.md. */
export type ContractDeclaration = {
  /** CloudEvents `type` of the events: reverse-DNS text such as `com.tributary.trip`. */
  readonly type: string
  /** Counts up when the schema changes. Versions of a type must stay readable by the newest one. */
  readonly version: number
  readonly title?: string
  readonly description?: string
  /** Fields whose values decide an event's partition. Events with equal values keep their order. */
  readonly partitionBy: readonly string[]
  /** Field that names the person or thing the event is about. */
  readonly subject?: string
  /** Fields that must not appear in logs and are left out of search. */
  readonly sensitive?: readonly string[]
  /**
   * `event` (default): a marker per event. `record`: a marker per record, cheaper; the batch layer removes
   * the rest.
   */
  readonly dedupe?: 'event' | 'record'
  /**
   * Decimal places that lake, metrics and warehouse keep of number fields that declare no `multipleOf`,
   * rounded half away from zero. `multipleOf: 0.01` rejects a number with more instead.
   */
  readonly scale?: number
  /** How long the lake keeps events and what is made of them; default: for ever. Numbers stay. */
  readonly retention?: RetentionDeclaration
  /**
   * Schema of the event's `data`, in the subset of JSON Schema 2020-12 that docs/declare.md lists: TypeBox,
   * or plain. An object with named properties.
   */
  readonly data: JsonSchema
}

/** Every key of a contract. */
export const CONTRACT_KEYS = knownKeys<ContractDeclaration>({
  ...{ type: 1, version: 1, title: 1, description: 1, partitionBy: 1, subject: 1, sensitive: 1 },
  ...{ dedupe: 1, scale: 1, retention: 1, data: 1 },
})

/** The highest number of decimal places: it leaves three digits before the point. */
export const MAX_SCALE = 15

/**
 * Declares an event type. Put the result as the default export of a file in `pipeline/contracts/`.
 *
 * @example
 * export default defineContract({
 *   type: 'com.example.order', version: 1, partitionBy: ['order_id'], scale: 2,
 *   data: Type.Object({ order_id: Type.Integer(), amount: Type.Number() }),
 * })
 * @throws TributaryError `invalid_declaration` naming the part that cannot work
 */
export function defineContract(declaration: ContractDeclaration): ContractDeclaration {
  const { type, version, scale, data, dedupe } = declaration ?? {}
  refuseUnknownKeys(declaration ?? {}, CONTRACT_KEYS)
  if (typeof type !== 'string' || !isTypeName(type))
    fail(type, `type ${written(type)} is not a dotted name`, 'use reverse-DNS text such as com.example.order')
  if (!Number.isSafeInteger(version) || version < 1)
    fail(type, `version ${written(version)} is not a positive integer`, versionRemedy(version))
  if (scale !== undefined && !(Number.isInteger(scale) && scale >= 0 && scale <= MAX_SCALE))
    fail(
      type,
      `scale ${written(scale)} is not a number of decimal places`,
      `give an integer from 0 to ${MAX_SCALE}, without quotes`,
    )
  if (data?.type !== 'object' || data.properties === undefined)
    fail(type, 'data is not an object schema with properties', 'wrap the fields in Type.Object({ … })')
  if (!areNames(declaration.partitionBy) || declaration.partitionBy.length === 0)
    fail(type, 'partitionBy names no field', 'name the field whose events must keep their order, in a list')
  if (!areNames(declaration.sensitive ?? []))
    fail(type, 'sensitive is not a list of fields', "write ['email']")
  if (dedupe !== undefined && !['event', 'record'].includes(dedupe))
    fail(type, `dedupe ${written(dedupe)} is unknown`, "write 'event' or 'record'")
  readRetention(type, declaration.retention)
  for (const key of ['title', 'description', 'subject'] as const)
    if (declaration[key] !== undefined && typeof declaration[key] !== 'string')
      fail(type, `${key} is not a text`, 'write it in quotes')
  return declaration
}

/** As it stands in the file: "1" is not 1. */
const written = (value: unknown) => JSON.stringify(value) ?? String(value)

function versionRemedy(version: unknown): string {
  if (version === undefined) return 'add version: 1'
  const near = Number.parseInt(String(version), 10)
  if (near >= 1) return `write ${near}: versions are counted, a number without quotes and points`
  return 'start with 1 and count up'
}

function areNames(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every(one => typeof one === 'string') &&
    new Set(value).size === value.length
  )
}

function fail(type: string, problem: string, remedy: string): never {
  throw new TributaryError('invalid_declaration', `contract ${type}: ${problem}; ${remedy}`)
}
