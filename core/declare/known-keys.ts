import { whichWasMeant } from '../data/nearest.ts'
import { TributaryError } from '../errors.ts'

/** The keys that a declaration may have; the compiler sees to it that none is missing. */
export function knownKeys<T>(keys: Readonly<Record<keyof Required<T>, 1>>): readonly string[] {
  return Object.keys(keys)
}

/**
 * Refuses a key that a declaration does not have: mistyped, it would be ignored, or another one be missed.
 *
 * @throws TributaryError `invalid_declaration` naming the key and the one that was meant
 */
export function refuseUnknownKeys(declaration: object, known: readonly string[]): void {
  const unknown = Object.keys(declaration).find(key => !known.includes(key))
  if (unknown === undefined) return
  const remedy = whichWasMeant(
    unknown,
    known.filter(key => !Object.hasOwn(declaration, key)),
    `a declaration of this kind has ${known.join(', ')}`,
  )
  throw new TributaryError('invalid_declaration', `"${unknown}" is not known; ${remedy}`)
}
