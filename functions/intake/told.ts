import type { Access } from '../../core/access/access.ts'
import { formatInstant } from '../../core/data/time.ts'
import { MOST_NAMES, type Undeclared } from '../../core/event/undeclared.ts'
import type { IngestOutcome } from '../../steps/ingest-outcome.ts'

/**
 * Whose events are compared with what came before: those of one key. Keys that strangers may hold are told
 * of the request alone, since an id or a number of somebody else is nobody's business.
 */
export function comparedFor({ name, isBrowser, where }: Access): string | undefined {
  return isBrowser === true || where !== undefined ? undefined : name
}

/** What an answer tells of events beside those that were rejected; nothing where there is nothing to tell. */
export function toldOf({ late, undeclared, conflicting, unseen }: IngestOutcome): object {
  return {
    ...(late !== undefined &&
      late.events > 0 && { late: { events: late.events, before: formatInstant(late.before) } }),
    ...(undeclared !== undefined && { undeclared: fieldsByType(undeclared) }),
    ...(conflicting !== undefined && { conflicting }),
    ...(unseen !== undefined && {
      unseen: unseen.map(one => ({ ...one, since: formatInstant(one.since) })),
    }),
  }
}

function fieldsByType(undeclared: readonly Undeclared[]): readonly object[] {
  const byType = Map.groupBy(undeclared, ({ type }) => type)
  return [...byType].map(([type, found]) => ({
    type,
    fields: [...new Set(found.flatMap(({ names }) => names))].slice(0, MOST_NAMES),
  }))
}
