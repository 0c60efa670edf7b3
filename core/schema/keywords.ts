import { whichWasMeant } from '../data/nearest.ts'
import { refuse } from './refuse.ts'
import type { TypeName } from './shape.ts'

/** Keywords that describe a value and decide nothing: they stand anywhere. */
export const NOTES = [
  ...['title', 'description', '$comment', 'default', 'examples', 'deprecated', 'readOnly', 'writeOnly'],
] as const

/** Keywords that decide, by the types they belong to. */
export const KEYWORDS = {
  string: ['minLength', 'maxLength', 'pattern', 'format'],
  integer: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  boolean: [],
  object: [
    ...['properties', 'required', 'additionalProperties', 'minProperties', 'maxProperties'],
    'patternProperties',
  ],
  array: ['items', 'minItems', 'maxItems', 'uniqueItems'],
} as const satisfies Readonly<Record<TypeName, readonly string[]>>

/** Keywords that stand with any type. */
const GENERAL = ['type', 'enum', 'const', 'anyOf', 'oneOf', '$ref']
/** Keywords of the whole schema only. */
const WHOLE = ['$schema', '$id', '$defs']

export const ALL_KEYWORDS: readonly string[] = [
  ...new Set([...GENERAL, ...Object.values(KEYWORDS).flat(), ...NOTES, ...WHOLE]),
]

const NOTE_SET: ReadonlySet<string> = new Set(NOTES)
const ALL_SET: ReadonlySet<string> = new Set(ALL_KEYWORDS)

/** Does a keyword only describe? */
export const isNote = (keyword: string) => NOTE_SET.has(keyword)

/** The types a keyword belongs to; none: any. */
export function typesWith(keyword: string): readonly TypeName[] {
  return (Object.keys(KEYWORDS) as TypeName[]).filter(type =>
    (KEYWORDS[type] as readonly string[]).includes(keyword),
  )
}

/** What to write instead of keywords that other schemas use. */
const INSTEAD: Readonly<Record<string, string>> = {
  nullable: 'write "type": ["string", "null"] with the field\'s own type',
  definitions: 'rename it to $defs, as JSON Schema 2020-12 has it',
  id: 'rename it to $id, as JSON Schema 2020-12 has it',
  allOf: 'write the fields of all parts into one object',
  not: 'say what is right, with enum, bounds or a pattern',
  if: 'declare a type of event for each case, or make the fields optional',
  contains: 'say with items what every item is',
  prefixItems: 'use an object with named fields, or items for every item',
  additionalItems: 'use an object with named fields, or items for every item',
  propertyNames: 'name the fields in properties',
  unevaluatedProperties: 'use additionalProperties',
  unevaluatedItems: 'use items',
  dependentRequired: 'make the fields required, or declare two types of event',
  dependencies: 'make the fields required, or declare two types of event',
  discriminator: 'leave it out; anyOf alone decides',
  example: 'write examples, which is a list',
  formatMinimum: 'leave it out; JSON Schema has no such keyword',
  formatMaximum: 'leave it out; JSON Schema has no such keyword',
}

/**
 * Refuses keywords that the language does not have, and those of the whole schema anywhere else.
 *
 * @throws TributaryError `invalid_declaration` naming place and remedy
 */
export function refuseUnknownKeywords(node: object, place: string, isWhole: boolean): void {
  for (const keyword of Object.keys(node)) {
    if (WHOLE.includes(keyword) && !isWhole)
      refuse(place, `has ${keyword}, which stands at the top only`, 'move it there, or leave it out')
    if (!ALL_SET.has(keyword))
      refuse(place, `has ${keyword}, which contracts do not have`, insteadOf(keyword))
  }
}

function insteadOf(keyword: string): string {
  if (Object.hasOwn(INSTEAD, keyword)) return INSTEAD[keyword]!
  return whichWasMeant(keyword, ALL_KEYWORDS, 'leave it out; docs/declare.md lists what there is')
}
