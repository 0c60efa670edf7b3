import type { AlertRecord, Reason, Transition } from './alert-record.ts'
import { isSilenced } from './alert-record.ts'

/** That something fires, or does so no longer: what is to be said to the destinations of an alert. */
export type Announcement = Omit<Transition, 'kind'> & {
  readonly kind: 'firing' | 'resolved'
  readonly reason?: Reason
}

/**
 * What is to be said after a window, and the record that remembers that it was. Each group that fires is
 * announced once: at once, or with the first window after a silence. What was announced is also said to be
 * over, silence or not: whoever was called would wait for it.
 *
 * @param before the record before the window
 * @param now when the window is judged, ms since 1970
 */
export function announce(
  before: AlertRecord,
  judged: { readonly record: AlertRecord; readonly transitions: readonly Transition[] },
  window: { readonly start: number; readonly end: number },
  now: number,
): { readonly record: AlertRecord; readonly announcements: readonly Announcement[] } {
  const wasTold = new Set(before.groups.filter(({ isTold }) => isTold).map(({ group }) => group))
  const over = judged.transitions.filter(({ kind, group }) => kind === 'resolved' && wasTold.has(group))
  const isQuiet = isSilenced(judged.record, now)
  const fresh = isQuiet
    ? []
    : judged.record.groups.filter(({ state, isTold }) => state === 'firing' && !isTold)
  const changes = new Map(judged.transitions.map(transition => [transition.group, transition]))
  const names = new Set(fresh.map(({ group }) => group))
  return {
    record: {
      ...judged.record,
      groups: judged.record.groups.map(one => (names.has(one.group) ? { ...one, isTold: true } : one)),
    },
    announcements: [
      ...over.map(transition => ({ ...transition, kind: 'resolved' as const })),
      ...fresh.map(({ group, since = window.start, value }) => ({
        ...{ group, window: window.start, end: window.end, since, value },
        ...changes.get(group),
        kind: 'firing' as const,
      })),
    ],
  }
}
