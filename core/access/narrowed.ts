import {
  type Access,
  isAmong,
  type Rows,
  readableTypes,
  type Types,
  typesText,
  writableTypes,
} from './access.ts'

/**
 * What is left of an access within the limits of another one: of a token's claims within its signer's. Types
 * without names stand for all that the limits have; named ones, and rows, have to be among them.
 *
 * @returns why it would be more, as a text, where it would be
 */
export function narrowed(asked: Access, limits: Access): Access | string {
  const write = typesWithin('write', asked.write, writableTypes(limits))
  const read = typesWithin('read', asked.read, readableTypes(limits))
  const where = rowsWithin(asked.where, limits.where)
  if (asked.isAdmin === true) return `it asks for admin, and signer ${limits.name} does not give it`
  for (const one of [write, read, where]) if (typeof one === 'string' && one !== 'all') return one
  const access = {
    name: asked.name,
    ...(write !== undefined && { write: write as Types }),
    ...(read !== undefined && { read: read as Types }),
    ...(read !== undefined && where !== undefined && { where: where as Rows }),
    ...least('expires', asked, limits),
    ...least('rate', asked, limits),
    ...least('events', asked, limits),
  }
  return access
}

/** The texts of problems have blanks, which `all` has not. */
function typesWithin(verb: string, asked: Types | undefined, limits: Types): Types | string | undefined {
  if (asked === undefined) return undefined
  if (limits.length === 0) return `it asks for ${verb}, which its signer does not give`
  if (limits === 'all' || asked === 'all') return asked === 'all' ? limits : asked
  const beyond = asked.find(type => !isWithin(type, limits))
  if (beyond !== undefined)
    return `it asks for ${verb} of ${beyond}, and its signer gives ${typesText(limits)}`
  return asked
}

/** `com.example.shop.*` is within `com.example.*`, and not the other way round. */
function isWithin(type: string, limits: Types): boolean {
  return (
    limits === 'all' ||
    limits.includes(type) ||
    isAmong(
      type,
      limits.filter(one => one.endsWith('.*')),
    )
  )
}

function rowsWithin(asked: Rows | undefined, limits: Rows | undefined): Rows | string | undefined {
  if (asked === undefined || limits === undefined) return asked ?? limits
  for (const [field, values] of Object.entries(asked)) {
    const allowed = Object.hasOwn(limits, field) ? limits[field] : undefined
    if (allowed !== undefined && !values.every(value => allowed.includes(value)))
      return `it asks for rows with another ${field} than its signer gives`
  }
  return { ...limits, ...asked }
}

function least(name: 'expires' | 'rate' | 'events', asked: Access, limits: Access) {
  const given = [asked[name], limits[name]].filter(one => one !== undefined)
  return given.length === 0 ? {} : { [name]: Math.min(...given) }
}
