import { nearest } from '../../core/data/nearest.ts'
import { isObject } from '../../core/json/is-object.ts'

type Members = Readonly<Record<string, unknown>>

/** @throws Error naming the member that is not known, and the one that was meant */
export function refuseUnknown(value: object, known: readonly string[], where = ''): void {
  for (const key of Object.keys(value)) if (!known.includes(key)) throw unknown(where, key, known)
}

/** Says that a name is not known, and which was meant. */
export function unknown(where: string, name: string, known: readonly string[]): Error {
  const near = nearest(name, known)
  const remedy = near === undefined ? `there are ${known.join(', ') || 'none'}` : `did you mean "${near}"?`
  return new Error(`${where}"${name}" is not known; ${remedy}`)
}

/** @throws Error where it is none */
export function objectAt(value: unknown, where: string): Members {
  if (isObject(value)) return value
  throw new Error(`${where} is ${shown(value)}, and has to be an object`)
}

/** @throws Error where it is none */
export function listAt(value: unknown, where: string): readonly unknown[] {
  if (Array.isArray(value)) return value as readonly unknown[]
  throw new Error(`${where} is ${shown(value)}, and has to be a list`)
}

export const shown = (value: unknown) => (value === undefined ? 'not given' : JSON.stringify(value))
