import type { Logger } from 'pino'
import { MOST_NAMES, UNDECLARED, type Undeclared } from '../../core/event/undeclared.ts'

/** Undeclared fields that events had since the start. */
export type UndeclaredFields = {
  note(found: readonly Undeclared[]): void
  /** Type → names. */
  list(): ReadonlyMap<string, ReadonlySet<string>>
}

/** Says each of them once: types are as many as contracts, and names of a type are bounded. */
export function createUndeclaredFields(logger: Pick<Logger, 'warn'>): UndeclaredFields {
  const known = new Map<string, Set<string>>()
  return {
    note(found) {
      for (const { type, names } of found) {
        const before = known.get(type) ?? new Set()
        const fresh = names.filter(name => !before.has(name)).slice(0, MOST_NAMES - before.size)
        if (fresh.length === 0) continue
        known.set(type, new Set([...before, ...fresh]))
        logger.warn(
          { type, fields: fresh, remedy: UNDECLARED },
          `events of ${type} have fields that its contract does not name`,
        )
      }
    },
    list: () => known,
  }
}
