import { type ItemShape, SHAPES } from '../../doors/door.ts'
import { TributaryError } from '../../errors.ts'
import { knownKeys, refuseUnknownKeys } from '../known-keys.ts'
import { readProblem, type SignatureDeclaration } from './signature.ts'

type Scalar = string | number | boolean | null

/** How a value becomes what a contract wants, where it is something else. */
export const CONVERSIONS = ['number', 'integer', 'text', 'boolean', 'seconds', 'milliseconds'] as const
export type Conversion = (typeof CONVERSIONS)[number]

/**
 * Where a field of an event comes from: a JSON Pointer into what the client sent (`/properties/price`), one
 * with a conversion, or a fixed value. `seconds` and `milliseconds` since 1970 become an instant.
 */
export type FieldSource =
  | string
  | { readonly from: string; readonly as?: Conversion; readonly or?: Scalar }
  | { readonly value: Scalar }

/** What items of one kind become. */
export type RuleDeclaration = {
  /** Values that an item has at JSON Pointers; none: every item that no rule before it is for. */
  readonly when?: Readonly<Record<string, Scalar>>
  /** Event type, of a declared contract. */
  readonly type?: string
  /** Fields of the contract by name; or a JSON Pointer to an object that has them all. */
  readonly data?: string | Readonly<Record<string, FieldSource>>
  /** In place of type and data: such items are taken and not kept. */
  readonly ignore?: true
}

/** What a user writes to say what the events of others' clients become. */
export type SourceDeclaration = {
  /** Lower-case name. */
  readonly name: string
  /** Shape of what the client sends. */
  readonly door: ItemShape
  readonly description?: string
  /** CloudEvents source of the events; default `/sources/<name>`. */
  readonly source?: string
  /** Of webhooks: how their sender signs. */
  readonly signature?: SignatureDeclaration
  /** Of webhooks: where the id of a call is; else it is a digest of the body. */
  readonly id?: FieldSource
  /** Of webhooks: where the time of a call is; else it is that of its receipt. */
  readonly time?: FieldSource
  /** The first that is for an item decides what it becomes. */
  readonly rules: readonly RuleDeclaration[]
}

/** Every key of a source. */
export const SOURCE_KEYS = knownKeys<SourceDeclaration>({
  ...{ name: 1, door: 1, description: 1, source: 1, rules: 1 },
  ...{ signature: 1, id: 1, time: 1 },
})

const RULE_KEYS = knownKeys<RuleDeclaration>({ when: 1, type: 1, data: 1, ignore: 1 })
const MOST_RULES = 500

/**
 * Declares what the events of others' clients become. Put the result as the default export of a file in
 * `pipeline/sources/`.
 *
 * @example
 * export default defineSource({
 *   name: 'shop', door: 'segment',
 *   rules: [{
 *     when: { '/type': 'track', '/event': 'Order Completed' },
 *     type: 'com.example.order',
 *     data: { order_id: '/properties/order_id', amount: { from: '/properties/total', as: 'number' } },
 *   }],
 * })
 * @throws TributaryError `invalid_declaration` naming the part that cannot work
 */
export function defineSource(declaration: SourceDeclaration): SourceDeclaration {
  refuseUnknownKeys(declaration, SOURCE_KEYS)
  const { name, door, description, source, rules } = declaration
  if (typeof name !== 'string' || !/^[a-z][a-z0-9_-]{0,47}$/.test(name))
    fail(name, `name ${JSON.stringify(name)}`, 'use lower-case letters, digits, - and _, at most 48')
  if (!SHAPES.includes(door))
    fail(name, `door ${JSON.stringify(door)} is unknown`, `use one of ${SHAPES.join(', ')}`)
  for (const [key, text] of Object.entries({ description, source }))
    if (text !== undefined && (typeof text !== 'string' || text === '' || text.length > 1024))
      fail(name, `${key} is not a text of 1 to 1024 characters`, 'write it in quotes, or leave it out')
  if (!Array.isArray(rules) || rules.length === 0 || rules.length > MOST_RULES)
    fail(name, `rules is not a list of 1 to ${MOST_RULES}`, "write rules: [{ type: '…', data: '/…' }]")
  for (const [i, rule] of rules.entries()) checkRule(name, rule, i)
  checkHook(declaration)
  return declaration
}

/** What webhooks alone have. */
function checkHook({ name, door, signature, id, time }: SourceDeclaration): void {
  if (door !== 'hook') {
    const given = Object.entries({ signature, id, time }).find(([, value]) => value !== undefined)
    if (given !== undefined)
      fail(name, `${given[0]} is for door: 'hook'`, 'leave it out; clients have their own')
    return
  }
  const wrong = readProblem(signature)
  if (wrong !== undefined) fail(name, ...wrong)
}

function checkRule(name: string, rule: unknown, index: number): void {
  const place = `rule ${index + 1}`
  if (typeof rule !== 'object' || rule === null) fail(name, `${place} is no object`, 'write { type, data }')
  try {
    refuseUnknownKeys(rule, RULE_KEYS)
  } catch (cause) {
    fail(name, `${place}: ${(cause as Error).message}`, `a rule has ${RULE_KEYS.join(', ')}`)
  }
  const { type, data, ignore } = rule as RuleDeclaration
  const isWhole = type !== undefined && data !== undefined
  if (ignore === undefined ? !isWhole : ignore !== true || type !== undefined || data !== undefined)
    fail(name, `${place} says neither type and data nor ignore`, 'give type and data, or ignore: true alone')
}

function fail(name: unknown, problem: string, remedy: string): never {
  throw new TributaryError('invalid_declaration', `source ${String(name)}: ${problem}; ${remedy}`)
}
