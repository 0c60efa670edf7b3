import { givenInstant } from '../data/given-instant.ts'
import { whichWasMeant } from '../data/nearest.ts'
import { TributaryError } from '../errors.ts'
import { isObject } from '../json/is-object.ts'
import type { Access, Rows } from './access.ts'
import { joinGranted, readScopeWord } from './scope-words.ts'

/** What is said of a key beside its secret, as JSON has it. */
export const MEMBERS = ['scope', 'where', 'expires', 'rate', 'events'] as const

export type Members = Readonly<Partial<Record<(typeof MEMBERS)[number], unknown>>>

/**
 * Reads what a key may do: the one reader for settings, files, secrets and the claims of tokens.
 *
 * @throws TributaryError `invalid_setting` naming the key, what is wrong and what would be right; never a
 * secret
 */
export function readAccess(name: string, members: Members): Access {
  const fail = (problem: string): never => {
    throw new TributaryError('invalid_setting', `key ${name}: ${problem}`)
  }
  const granted = joinGranted(wordsOf(members.scope, fail).map(word => known(readScopeWord(word), fail)))
  const access: Access = {
    name,
    ...granted,
    where: members.where === undefined ? undefined : rowsOf(members.where, fail),
    expires: members.expires === undefined ? undefined : instantOf(members.expires, fail),
    rate: wholeOf('rate', members.rate, fail),
    events: wholeOf('events', members.events, fail),
  }
  refuseSenseless(access, fail)
  return defined(access)
}

/** Refuses members that a key does not have: mistyped, a limit would not hold. */
export function refuseUnknownMembers(name: string, given: object, names: readonly string[]): void {
  const unknown = Object.keys(given).find(one => !names.includes(one))
  if (unknown === undefined) return
  const remedy = whichWasMeant(unknown, names, `a key has ${names.join(', ')}`)
  throw new TributaryError(
    'invalid_setting',
    `key ${name}: "${unknown.slice(0, 100)}" is not known; ${remedy}`,
  )
}

type Fail = (problem: string) => never

function wordsOf(scope: unknown, fail: Fail): readonly string[] {
  const words = Array.isArray(scope) ? scope : typeof scope === 'string' ? scope.split(' ') : []
  const texts = words.filter(word => typeof word === 'string' && word !== '') as string[]
  if (texts.length === 0) fail('"scope" has to say what it is for, such as "write:com.example.* read"')
  return texts
}

function known<T extends object>(read: T | string, fail: Fail): T {
  return typeof read === 'string' ? fail(read) : read
}

/** Most values that one field of a key may have: each query pays for them. */
const MOST_VALUES = 1000

function rowsOf(where: unknown, fail: Fail): Rows {
  const fields = isObject(where) ? Object.entries(where) : []
  if (fields.length === 0) fail('"where" has to be fields and their values, such as {"customer_id": 7}')
  return Object.fromEntries(
    fields.map(([field, given]) => {
      const values: readonly unknown[] = Array.isArray(given) ? given : [given]
      if (values.length === 0 || values.length > MOST_VALUES || !values.every(isValue))
        fail(`"where" of "${field}" has to be a text, a number, true, false or null, or up to 1000 of them`)
      return [field, values as Rows[string]]
    }),
  )
}

function isValue(value: unknown): boolean {
  return value === null || ['string', 'boolean'].includes(typeof value) || Number.isFinite(value)
}

function instantOf(value: unknown, fail: Fail): number {
  const ms = typeof value === 'string' ? givenInstant(value) : undefined
  return ms ?? fail('"expires" has to be a date or an instant, such as 2027-01-31 or 2027-01-31T12:00:00Z')
}

function wholeOf(member: string, value: unknown, fail: Fail): number | undefined {
  if (value === undefined) return undefined
  const isRight = Number.isSafeInteger(value) && (value as number) > 0
  return isRight ? (value as number) : fail(`"${member}" has to be a whole number above 0`)
}

/** What would have no effect, or another one than it seems to. */
function refuseSenseless({ write, read, isAdmin, isBrowser, where, events }: Access, fail: Fail): void {
  if (isBrowser && (isAdmin || read !== undefined))
    fail("a browser's key, which everybody can read, sends events and has no other scope")
  if (isAdmin && where !== undefined) fail('admin is without limits: give "where" with the scope read')
  if (where !== undefined && read === undefined) fail('"where" limits reading; give the scope read with it')
  if (events !== undefined && write === undefined && !isAdmin)
    fail('"events" limits sending; give the scope write with it')
}

/** Without the members that say nothing, so that equal ones are equal as JSON too. */
function defined(access: Access): Access {
  return Object.fromEntries(Object.entries(access).filter(([, value]) => value !== undefined)) as Access
}
