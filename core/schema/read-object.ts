import { refuseCounts } from './read-scalar.ts'
import { inside, isPlainObject, refuse, shown } from './refuse.ts'
import type { ObjectShape, Shape } from './shape.ts'
import { pick, type Written } from './written.ts'

/** An object: with `properties` a branch of the tree of fields, without a free one. */
export function objectOf(written: Written): ObjectShape {
  const { node, place } = written
  refuseCounts(node, place, 'minProperties', 'maxProperties')
  const properties = propertiesOf(written)
  const names = new Set(Object.keys(properties ?? {}))
  const required = node['required'] === undefined ? undefined : namesIn(node['required'], place, names)
  const anyOf = (node['anyOf'] as readonly { required: unknown }[] | undefined)?.map((one, i) => ({
    required: namesIn(one.required, inside(place, 'anyOf', i), names),
  }))
  if (anyOf?.length === 0) refuse(place, 'has an empty anyOf', 'leave it out')
  const others = othersOf(written)
  return {
    type: 'object',
    ...(properties !== undefined && { properties }),
    ...(required !== undefined && required.length > 0 && { required }),
    ...(others !== undefined && { additionalProperties: others }),
    ...pick(node, ['minProperties', 'maxProperties']),
    ...(anyOf !== undefined && { anyOf }),
  }
}

function propertiesOf({ node, place, reading }: Written): Readonly<Record<string, Shape>> | undefined {
  const { properties } = node
  if (properties === undefined) return undefined
  if (!isPlainObject(properties)) refuse(place, 'has properties that are no object', 'name the fields in it')
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => {
      const where = inside(place, 'properties', name)
      refuseName(name, where)
      return [name, reading.read(schema, where, reading)]
    }),
  )
}

/** Names that some layer cannot carry. */
function refuseName(name: string, place: string): void {
  if (name === '') refuse(place, 'is a field without a name', 'give it one')
  if (name === '__proto__') refuse(place, 'is a name that JavaScript keeps for itself', 'rename the field')
  if (/[\u0000-\u001f\u007f]/.test(name) || !name.isWellFormed())
    refuse(place, 'has a name with control characters or half a character', 'rename the field')
  // Readers of names take it for the beginning of a text, and leave it out.
  if (name.startsWith('\ufeff'))
    refuse(place, 'has a name that begins with a byte order mark', 'leave it out')
}

function namesIn(list: unknown, place: string, known: ReadonlySet<string>): readonly string[] {
  if (!Array.isArray(list) || list.some(name => typeof name !== 'string'))
    refuse(place, `has required ${shown(list)}`, 'list the names of fields')
  const unknown = (list as readonly string[]).find(name => !known.has(name))
  if (unknown !== undefined)
    refuse(place, `requires ${shown(unknown)}, which its properties do not have`, 'declare it there')
  return [...new Set(list as readonly string[])]
}

/** What fields beside the named ones may be; undefined: anything. */
function othersOf({ node, place, reading }: Written): boolean | Shape | undefined {
  const others = node['additionalProperties']
  const patterned = node['patternProperties']
  if (patterned !== undefined) {
    const everyName = isPlainObject(patterned) && Object.keys(patterned).join() === '^.*$'
    if (!everyName || others !== undefined || node['properties'] !== undefined)
      refuse(place, 'has patternProperties', 'use additionalProperties, for names of any form')
    return reading.read(patterned['^.*$'], inside(place, 'patternProperties', '^.*$'), reading)
  }
  if (others === undefined || typeof others === 'boolean') return others
  return reading.read(others, inside(place, 'additionalProperties'), reading)
}
