import type { Logger } from 'pino'
import { createUndeclaredNews, UNDECLARED, type Undeclared } from '../../core/event/undeclared.ts'

/** Undeclared fields that events had since the start. */
export type UndeclaredFields = {
  note(found: readonly Undeclared[]): void
  /** Type → names. */
  list(): ReadonlyMap<string, ReadonlySet<string>>
}

/** Says each of them once: types are as many as contracts, and names of a type are bounded. */
export function createUndeclaredFields(logger: Pick<Logger, 'warn'>): UndeclaredFields {
  const known = new Map<string, ReadonlySet<string>>()
  const newsOf = createUndeclaredNews(known)
  return {
    note(found) {
      for (const one of found) {
        const [{ type }, fields] = [one, newsOf(one)]
        if (fields.length === 0) continue
        logger.warn(
          { type, fields, remedy: UNDECLARED },
          `events of ${type} have fields that its contract does not name`,
        )
      }
    },
    list: () => known,
  }
}
