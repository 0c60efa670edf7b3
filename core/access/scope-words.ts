import { whichWasMeant } from '../data/nearest.ts'
import { isTypeName } from '../data/type-name.ts'
import type { Access, Types } from './access.ts'

/** Words that say what a key is for; `write`, `read` and `browser` may name event types behind a colon. */
export const WORDS = ['write', 'read', 'admin', 'browser'] as const

type Word = (typeof WORDS)[number]

/** What words grant. */
export type Granted = Pick<Access, 'write' | 'read' | 'isAdmin' | 'isBrowser'>

/**
 * Reads one word of a scope: `read`, `write:com.example.order`, `write:com.example.*`.
 *
 * @returns what it grants, or why it grants nothing, as a text that names it
 */
export function readScopeWord(word: string): Granted | string {
  const colon = word.indexOf(':')
  const [verb, of] = colon < 0 ? [word, undefined] : [word.slice(0, colon), word.slice(colon + 1)]
  const known = WORDS.find(one => one === verb)
  if (known === undefined) return unknownWord(word, verb)
  if (of === undefined) return granted(known, 'all')
  if (known === 'admin') return `"${shown(word)}": admin is without limits; give read or write of types`
  if (!isTypes(of))
    return `"${shown(word)}" names no event types; give ${known}:com.example.order or ${known}:com.example.*`
  return granted(known, [of])
}

/** What several words grant together. */
export function joinGranted(all: readonly Granted[]): Granted {
  return {
    write: joinTypes(all.map(one => one.write)),
    read: joinTypes(all.map(one => one.read)),
    isAdmin: all.some(one => one.isAdmin) || undefined,
    isBrowser: all.some(one => one.isBrowser) || undefined,
  }
}

function joinTypes(all: readonly (Types | undefined)[]): Types | undefined {
  const given = all.filter(one => one !== undefined)
  if (given.length === 0) return undefined
  const lists = given.filter(one => one !== 'all')
  return lists.length < given.length ? 'all' : [...new Set(lists.flat())]
}

function granted(word: Word, types: Types): Granted {
  if (word === 'admin') return { isAdmin: true }
  if (word === 'browser') return { write: types, isBrowser: true }
  return { [word]: types }
}

function isTypes(text: string): boolean {
  // A beginning ends at a dot, so that com.example.* says nothing of com.examples.order.
  return isTypeName(text.endsWith('.*') ? `${text.slice(0, -2)}.x` : text)
}

function unknownWord(word: string, verb: string): string {
  const remedy = whichWasMeant(verb, WORDS, `scopes are ${WORDS.join(', ')}`)
  return `"${shown(word)}" is no scope; ${remedy}`
}

function shown(word: string): string {
  return word.slice(0, 100)
}
