import { createKeyRing, type KeyRing } from '../../../core/access/key-ring.ts'
import type { ManagedKey } from '../../../core/access/managed-key.ts'
import type { Key } from '../../../core/access/read-keys.ts'
import type { ManagedKeys } from '../../../core/ports/callers/managed-keys.ts'

/**
 * How long made keys are remembered, ms. With what API Gateway remembers of an answer (resources/api.yml:
 * 2 s) a key that was revoked goes on for less than 5 s.
 */
export const REMEMBERED_MS = 2000

/** How exact it is when a key was used last, ms: each writing of it costs. */
const USE_MS = 600_000
/** Uses that are noted at one time, so that no caller waits for many. */
const MOST_USES = 5

export type RememberedRingOptions = {
  /** Keys that were set. */
  readonly set: () => Promise<readonly Key[]>
  readonly made: Pick<ManagedKeys, 'list' | 'used'>
  /** Is told when known keys are used because new ones cannot be read. */
  readonly report: (failure: unknown) => void
  readonly now: () => number
}

type Known = {
  readonly ring: KeyRing
  readonly set: readonly Key[]
  readonly text: string
  readonly made: readonly ManagedKey[]
  until: number
}

/**
 * The ring of keys of a function on AWS, read again each two seconds in which somebody calls. The very same
 * keys stay in the same ring, which remembers what it has found. When they cannot be read anew, those known
 * are used on; without any, it fails.
 */
export function createRememberedRing(options: RememberedRingOptions): () => Promise<KeyRing> {
  const { now, report } = options
  let known: Known | undefined
  let reading: Promise<Known> | undefined
  return async () => {
    if (known !== undefined && now() < known.until) return known.ring
    try {
      reading ??= readAgain(options, known).finally(() => {
        reading = undefined
      })
      known = await reading
    } catch (failure) {
      if (known === undefined) throw failure
      known.until = now() + REMEMBERED_MS
      report(failure)
    }
    return known.ring
  }
}

async function readAgain(options: RememberedRingOptions, known: Known | undefined): Promise<Known> {
  const began = options.now()
  const [set, made] = await Promise.all([options.set(), options.made.list(), noteUses(options, known)])
  const until = began + REMEMBERED_MS
  const text = JSON.stringify(made.map(key => ({ ...key, usedAt: undefined })))
  if (known?.set === set && known.text === text) return { ...known, made, until }
  return { ring: createKeyRing(set, made), set, text, made, until }
}

async function noteUses({ made, report }: RememberedRingOptions, known: Known | undefined): Promise<void> {
  if (known === undefined) return
  const due = known.made.flatMap(({ name, usedAt = 0 }) => {
    const at = known.ring.uses.get(name)?.at
    return at !== undefined && at - usedAt > USE_MS ? [{ name, at }] : []
  })
  await Promise.all(due.slice(0, MOST_USES).map(({ name, at }) => made.used(name, at).catch(report)))
}
