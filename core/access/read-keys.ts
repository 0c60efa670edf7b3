import { nearest } from '../data/nearest.ts'
import { TributaryError } from '../errors.ts'
import { isObject } from '../json/is-object.ts'
import type { Access } from './access.ts'
import { MEMBERS, type Members, readAccess, refuseUnknownMembers } from './read-access.ts'
import { WORDS } from './scope-words.ts'

/** A secret and what it opens. */
export type Key = { readonly secret: string; readonly access: Access }

/**
 * Reads keys: `scope:secret,…`, or a JSON object of names, each with a secret (its scope is then the name's
 * beginning: `read-bi`), or with what is said of the key. A secret is what a Bearer header can carry (RFC
 * 6750: letters, digits, `-._~+/=`, and `:` here).
 *
 * @throws TributaryError `invalid_setting` naming the key and what would be right; never a secret
 * @example readKeys('write:abc,read:def')
 * @example readKeys('{"read-bi": "abc", "shop": {"secret": "def", "scope": "write:com.example.*"}}')
 */
export function readKeys(text: string): readonly Key[] {
  const keys = text.trimStart().startsWith('{') ? ofJson(text) : ofList(text)
  if (keys.length === 0) throw new TributaryError('invalid_setting', 'there is no key')
  refuseSharedSecrets(keys)
  return keys
}

function ofList(text: string): readonly Key[] {
  return text.split(',').map((entry, at) => {
    const colon = entry.indexOf(':')
    if (colon < 0) throw new TributaryError('invalid_setting', `entry ${at + 1} has no colon`)
    const scope = entry.slice(0, colon).trim()
    // Where both are the wrong way round, what stands here is the secret: it is not shown.
    if (!isWord(scope)) throw new TributaryError('invalid_setting', noScope(at + 1, scope))
    return keyOf(`${scope}-${at + 1}`, { secret: entry.slice(colon + 1).trim(), scope })
  })
}

function noScope(entry: number, scope: string): string {
  const near = nearest(scope, WORDS)
  return `entry ${entry} does not start with a scope${near === undefined ? '' : `; did you mean ${near}?`}`
}

function isWord(text: string): boolean {
  return (WORDS as readonly string[]).includes(text)
}

function ofJson(text: string): readonly Key[] {
  const value = parsed(text)
  if (!isObject(value)) throw new TributaryError('invalid_setting', 'it is no JSON object')
  return Object.entries(value).map(([name, key], at) => {
    if (isObject(key)) return keyOf(name, key)
    // Lists of keys of earlier versions are names and secrets alone.
    const scope = name.split('-')[0] ?? ''
    if (!isWord(scope)) throw new TributaryError('invalid_setting', noScope(at + 1, scope))
    if (typeof key === 'string' || typeof key === 'number') return keyOf(name, { secret: String(key), scope })
    throw new TributaryError('invalid_setting', `key ${name} is neither a secret nor an object`)
  })
}

/** Member of a key that is no part of what it may do. */
const SECRET = 'secret'

function keyOf(name: string, given: Members & { readonly secret?: unknown }): Key {
  if (!/^\P{C}{1,250}$/u.test(name))
    throw new TributaryError('invalid_setting', "a key's name has 1 to 250 printable characters")
  refuseUnknownMembers(name, given, [SECRET, ...MEMBERS])
  const { secret, ...members } = given
  if (typeof secret !== 'string' || !/^[\w.~+/=:-]+$/.test(secret))
    throw new TributaryError(
      'invalid_setting',
      `the secret of key ${name} is empty or has characters a header cannot carry`,
    )
  return { secret, access: readAccess(name, members) }
}

/**
 * One secret may stand at several scopes without limits, as it always could. With limits, nobody could say
 * which of them hold.
 */
function refuseSharedSecrets(keys: readonly Key[]): void {
  for (const [, same] of Map.groupBy(keys, key => key.secret)) {
    if (same.length < 2) continue
    const names = same.map(({ access }) => access.name).join(' and ')
    if (same.some(({ access }) => access.isBrowser))
      throw new TributaryError(
        'invalid_setting',
        `keys ${names} have one secret, and a browser's everybody can read; give each its own`,
      )
    if (!same.every(({ access }) => isPlain(access)))
      throw new TributaryError(
        'invalid_setting',
        `keys ${names} have one secret, and limits; give each its own`,
      )
  }
}

function isPlain({ write, read, where, expires, rate, events }: Access): boolean {
  const limits = [where, expires, rate, events]
  return limits.every(one => one === undefined) && !Array.isArray(write) && !Array.isArray(read)
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    // The parser's message quotes what it read, which is secret.
    return undefined
  }
}
