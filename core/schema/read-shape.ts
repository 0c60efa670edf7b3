import { isNote, NOTES, refuseUnknownKeywords, typesWith } from './keywords.ts'
import { arrayOf } from './read-array.ts'
import { objectOf } from './read-object.ts'
import { booleanOf, numericOf, textOf } from './read-scalar.ts'
import { unionOf } from './read-union.ts'
import { valuesOf } from './read-values.ts'
import { inside, isPlainObject, refuse, shown } from './refuse.ts'
import { type ObjectShape, orNull, type Shape, type TypeName } from './shape.ts'
import { fits, pick, type Reading, type Written } from './written.ts'

/** Most schemas in one contract, references followed, and how deep they may stand. */
const MOST_SCHEMAS = 10_000
const DEEPEST = 24

const DIALECTS = [
  'https://json-schema.org/draft/2020-12/schema',
  'http://json-schema.org/draft/2020-12/schema',
]

/**
 * Reads the schema of an event's data into its normal form: the subset of JSON Schema 2020-12 that
 * docs/declare.md lists keyword by keyword. What is not in it is refused, so that nothing is obeyed by one
 * reader and overlooked by another. Reading a normal form gives the same again.
 *
 * @param scale the contract's decimal places, for numbers that declare none
 * @throws TributaryError `invalid_declaration`: place (`data/properties/amount`), problem and remedy
 *
 * @example readShape({ type: 'object', properties: { paid: { const: true } } }, undefined)
 */
export function readShape(data: unknown, scale: number | undefined): ObjectShape {
  if (!isPlainObject(data)) refuse('data', `is ${shown(data)}, not a schema`, 'write Type.Object({ … })')
  const dialect = data['$schema']
  if (dialect !== undefined && !DIALECTS.includes(String(dialect).replace(/#$/, '')))
    refuse('data/$schema', `is ${shown(dialect)}`, `write the schema in JSON Schema 2020-12, ${DIALECTS[0]}`)
  const definitions = data['$defs'] ?? {}
  if (!isPlainObject(definitions)) refuse('data/$defs', 'is no object', 'name the schemas in it')
  const followed = new Set<string>()
  const reading = { scale, definitions, following: [], depth: 0, count: { schemas: 0 }, followed, read }
  const shape = read(data, 'data', reading)
  // What nothing refers to yet is right all the same, or it would be found wrong by whoever comes to use it.
  for (const name of Object.keys(definitions)) if (!followed.has(name)) definitionOf(reading, name)
  if (shape.type !== 'object' || !('properties' in shape) || shape.properties === undefined)
    refuse('data', 'is not an object schema with properties', 'wrap the fields in Type.Object({ … })')
  return shape
}

function read(node: unknown, place: string, reading: Reading): Shape {
  if (++reading.count.schemas > MOST_SCHEMAS)
    refuse(place, `is one of more than ${MOST_SCHEMAS} schemas`, 'declare fewer fields')
  if (reading.depth > DEEPEST) refuse(place, `is deeper than ${DEEPEST} schemas`, 'nest the fields less')
  if (node === true) return {}
  if (node === false) refuse(place, 'is false, which no value fits', 'leave the field out')
  if (!isPlainObject(node)) refuse(place, `is ${shown(node)}, not a schema`, 'write an object of keywords')
  refuseUnknownKeywords(node, place, reading.depth === 0)
  const written = {
    node: pick(node, Object.keys(node)),
    place,
    reading: { ...reading, depth: reading.depth + 1 },
  }
  const shape = node['$ref'] === undefined ? decided(written) : referred(written)
  return { ...shape, ...notesOf(written) }
}

/** The shape of a `$ref` into the `$defs` of the same schema. */
function referred({ node, place, reading }: Written): Shape {
  const beside = Object.keys(node).find(key => key !== '$ref' && !isNote(key) && !key.startsWith('$'))
  if (beside !== undefined)
    refuse(place, `has ${beside} beside $ref`, `put ${beside} into the schema it refers to`)
  const name = /^#\/\$defs\/([^/~%]+)$/.exec(String(node['$ref']))?.[1]
  if (name === undefined)
    refuse(place, `refers to ${shown(node['$ref'])}`, 'refer to a schema in "$defs" as "#/$defs/name"')
  if (!Object.hasOwn(reading.definitions, name))
    refuse(place, `refers to ${shown(node['$ref'])}, which is not there`, 'declare it in $defs')
  if (reading.following.includes(name))
    refuse(place, `refers to ${shown(node['$ref'])}, which holds itself`, 'nest to a depth that is known')
  return definitionOf(reading, name)
}

function definitionOf(reading: Reading, name: string): Shape {
  reading.followed.add(name)
  const following = [...reading.following, name]
  const depth = Math.max(1, reading.depth)
  return reading.read(reading.definitions[name], inside('data', '$defs', name), {
    ...reading,
    following,
    depth,
  })
}

function decided(written: Written): Shape {
  const { node, place } = written
  const isChoice = node['oneOf'] !== undefined || node['anyOf'] !== undefined
  if (isChoice && !isRequirement(node)) return unionOf(written, typesOf(written))
  const { values, types, takesNull } = valuesOf(written, typesOf(written))
  if (types === undefined) {
    const keyword = Object.keys(node).find(key => !isNote(key) && !key.startsWith('$'))
    if (keyword === undefined) return {}
    refuse(place, `has ${keyword} without a type`, `add "type": "${typesWith(keyword)[0]}"`)
  }
  if (types.length === 0) refuse(place, 'takes null only', 'name the type it has otherwise, beside null')
  refuseForeign(written, types)
  const shapes = types.map(type =>
    ofType(
      written,
      type,
      values?.filter(value => fits(value, type)),
    ),
  )
  const shape: Shape = shapes.length === 1 ? shapes[0]! : { anyOf: shapes }
  return takesNull ? orNull(shape) : shape
}

/** An object's `anyOf` may say which fields have to be there. */
function isRequirement({ type, anyOf, oneOf }: Written['node']): boolean {
  return (
    oneOf === undefined && [type].flat().includes('object') && Array.isArray(anyOf) && anyOf.every(isRequired)
  )
}

const isRequired = (one: unknown) => isPlainObject(one) && Object.keys(one).join() === 'required'

/** Types as their author names them; undefined where they are left to the values. */
function typesOf({ node, place }: Written): readonly string[] | undefined {
  if (node['type'] === undefined) return undefined
  const types = [node['type']].flat()
  const wrong = types.find(type => type !== 'null' && !TYPES.includes(type as TypeName))
  if (wrong !== undefined || types.length === 0 || new Set(types).size < types.length)
    refuse(place, `has the type ${shown(node['type'])}`, `use one of ${[...TYPES, 'null'].join(', ')}`)
  if (types.includes('integer') && types.includes('number'))
    refuse(place, 'is an integer or a number', 'write "number", which takes integers')
  return types as unknown as readonly string[]
}

const TYPES: readonly TypeName[] = ['string', 'integer', 'number', 'boolean', 'object', 'array']

/** A keyword that belongs to no type the schema names would be ignored. */
function refuseForeign({ node, place }: Written, types: readonly TypeName[]): void {
  for (const keyword of Object.keys(node)) {
    const home = typesWith(keyword)
    if (home.length > 0 && !home.some(type => types.includes(type)))
      refuse(place, `has ${keyword}, which ${types.join(' and ')} does not have`, `it belongs to ${home[0]}`)
  }
}

function ofType(written: Written, type: TypeName, values: readonly unknown[] | undefined): Shape {
  switch (type) {
    case 'string':
      return textOf(written, values as readonly string[] | undefined)
    case 'integer':
    case 'number':
      return numericOf(written, type, values as readonly number[] | undefined)
    case 'boolean':
      return booleanOf(values as readonly boolean[] | undefined)
    case 'object':
      return objectOf(written)
    case 'array':
      return arrayOf(written)
  }
}

function notesOf({ node, place }: Written): object {
  for (const note of ['title', 'description', '$comment'])
    if (node[note] !== undefined && typeof node[note] !== 'string')
      refuse(place, `has a ${note} that is no text`, 'write it as text')
  return pick(node, NOTES)
}
