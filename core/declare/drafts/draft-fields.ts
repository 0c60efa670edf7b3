import { TributaryError } from '../../errors.ts'
import type { Observed } from './observe.ts'

export const DRAFT_KINDS = ['string', 'integer', 'number', 'boolean', 'json'] as const

export type DraftKind = (typeof DRAFT_KINDS)[number]

/** A field as it would be declared: what samples showed, changed by what somebody chose. */
export type DraftField = {
  /** Keys from `data` down. */
  readonly path: readonly string[]
  /** Dotted. */
  readonly name: string
  readonly kind: DraftKind
  /** Of a text; null: none. */
  readonly format: string | null
  readonly optional: boolean
  readonly nullable: boolean
  /** It is not declared. */
  readonly leftOut: boolean
  /** What a list holds, where it is of one kind. */
  readonly items: DraftKind | null
  readonly isList: boolean
  /** May decide an event's partition: a single value that every event has. */
  readonly canPartition: boolean
  /** Looks as if it said something about a person. */
  readonly looksSensitive: boolean
}

/** What somebody chose for a field, in place of what samples showed. */
export type FieldChoice = Partial<Pick<DraftField, 'kind' | 'format' | 'optional' | 'nullable' | 'leftOut'>>

/** An object with members, or a field. */
export type DraftNode =
  | { readonly field: DraftField }
  | {
      readonly members: ReadonlyMap<string, DraftNode>
      readonly optional: boolean
      readonly nullable: boolean
    }

const MOST_FIELDS = 500

/**
 * The tree of fields that samples have.
 *
 * @throws TributaryError `too_large` over 500 fields
 */
export function draftTree(data: Observed, choices: Readonly<Record<string, FieldChoice>>): DraftNode {
  let fields = 0
  const nodeOf = (at: Observed, path: readonly string[], around: number): DraftNode => {
    const optional = at.seen < around
    if (at.kinds.size === 1 && at.objects > 0 && at.members.size > 0) {
      const members = [...at.members].map(
        ([key, member]) => [key, nodeOf(member, [...path, key], at.objects)] as const,
      )
      return { members: new Map(members), optional, nullable: at.nulls > 0 }
    }
    if (++fields > MOST_FIELDS)
      throw new TributaryError('too_large', `the samples have over ${MOST_FIELDS} fields; give fewer at once`)
    const name = path.join('.')
    return { field: fieldOf(at, path, optional, Object.hasOwn(choices, name) ? choices[name]! : {}) }
  }
  return nodeOf(data, [], data.seen)
}

/** The fields of a tree, in its order. */
export function leavesOf(node: DraftNode): readonly DraftField[] {
  return 'field' in node ? [node.field] : [...node.members.values()].flatMap(leavesOf)
}

function fieldOf(at: Observed, path: readonly string[], missing: boolean, choice: FieldChoice): DraftField {
  const kind = choice.kind ?? kindOf(at)
  const format = kind === 'string' ? (choice.format === undefined ? formatOf(at) : choice.format) : null
  const optional = choice.optional ?? missing
  const nullable = choice.nullable ?? at.nulls > 0
  const leftOut = choice.leftOut ?? false
  return {
    ...{ path, name: path.join('.'), kind, format, optional, nullable, leftOut },
    isList: kind === 'json' && at.kinds.size === 1 && at.kinds.has('list'),
    items: at.items !== undefined && at.items.nulls === 0 && at.items.seen > 0 ? kindOf(at.items) : null,
    canPartition: !leftOut && !optional && !nullable && (kind === 'string' || kind === 'integer'),
    looksSensitive: isSensitive(path, format),
  }
}

/** Of what was null in every sample nothing is known: a text is what it is most of the time. */
function kindOf({ kinds }: Observed): DraftKind {
  const [one, other] = [...kinds].sort()
  if (one === undefined) return 'string'
  if (other === undefined) return one === 'list' || one === 'object' ? 'json' : one
  return kinds.size === 2 && one === 'integer' && other === 'number' ? 'number' : 'json'
}

function formatOf({ formats = new Set() }: Observed): string | null {
  return [...formats][0] ?? null
}

const PERSONAL = new Set([
  ...['email', 'mail', 'phone', 'mobile', 'tel', 'firstname', 'lastname', 'surname', 'fullname', 'birth'],
  ...['birthday', 'birthdate', 'ssn', 'iban', 'card', 'password', 'secret', 'token', 'ip', 'street'],
  ...['passport', 'address'],
])
const PERSON = new Set(['first', 'last', 'full', 'family', 'given', 'customer', 'user', 'person'])

/** By its format, or by the words of its name: `customer_email`, `lastName`. */
function isSensitive(path: readonly string[], format: string | null): boolean {
  if (format === 'email' || format === 'ipv4') return true
  const words = wordsOf(path.at(-1) ?? '')
  const isName = words.at(-1) === 'name' && words.some(word => PERSON.has(word))
  return isName || words.some(word => PERSONAL.has(word))
}

/** The words of a name, in lower case. */
export function wordsOf(name: string): readonly string[] {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(word => word !== '')
}
