import { refuse, shown } from './refuse.ts'
import type { TypeName } from './shape.ts'
import { fits, type Written } from './written.ts'

/** What `enum`, `const` and `type` together say. */
export type Values = {
  /** The values that are taken, without null; undefined: any of the types. */
  readonly values: readonly unknown[] | undefined
  /** The types without null; undefined where neither type nor values are named. */
  readonly types: readonly TypeName[] | undefined
  readonly takesNull: boolean
}

/**
 * Reads `enum` and `const`. Their values are single ones; where no type is named it is theirs. What the type
 * does not take, or takes beside them, is a mistake in either.
 */
export function valuesOf({ node, place }: Written, named: readonly string[] | undefined): Values {
  const listed = listOf(node, place)
  if (listed === undefined)
    return {
      values: undefined,
      types: named?.filter(type => type !== 'null') as readonly TypeName[] | undefined,
      takesNull: named?.includes('null') ?? false,
    }
  for (const value of listed)
    if (!(value === null || SINGLE.includes(typeof value)) || Number.isNaN(value))
      refuse(place, `lists ${shown(value)}`, 'list texts, numbers, booleans or null only')
  const twin = listed.find((value, i) => listed.indexOf(value) < i)
  if (twin !== undefined) refuse(place, `lists ${shown(twin)} twice`, 'leave one out')
  const types = named ?? [...new Set(listed.map(typeOfValue))]
  const foreign = listed.find(value => !types.some(type => fits(value, type)))
  if (foreign !== undefined)
    refuse(place, `lists ${shown(foreign)}, which its type does not take`, 'add its type, or leave it out')
  const unused = types.find(type => !listed.some(value => fits(value, type)))
  if (unused !== undefined)
    refuse(place, `has the type ${unused} and lists no such value`, `list one, or take ${unused} out of type`)
  return {
    values: listed.filter(value => value !== null),
    types: types.filter(type => type !== 'null') as readonly TypeName[],
    takesNull: types.includes('null'),
  }
}

const SINGLE = ['string', 'number', 'boolean']

function listOf(node: Written['node'], place: string): readonly unknown[] | undefined {
  if (node['const'] !== undefined && node['enum'] !== undefined)
    refuse(place, 'has both const and enum', 'leave one out')
  if ('const' in node && node['const'] !== undefined) return [node['const']]
  const listed = node['enum']
  if (listed === undefined) return undefined
  if (!Array.isArray(listed) || listed.length === 0)
    refuse(place, 'has an enum that lists nothing', 'list the values it takes')
  return listed as readonly unknown[]
}

function typeOfValue(value: unknown): string {
  return value === null ? 'null' : typeof value
}
