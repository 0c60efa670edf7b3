import { compareText } from '../data/filter.ts'
import type { Alert } from '../declare/alerts/resolve-alert.ts'
import type { AlertRecord, GroupState, Transition } from './alert-record.ts'
import { isBreach, type Seen } from './breach.ts'

/** The numbers of one window. */
export type WindowNumbers = {
  /** Start and end, ms since 1970. */
  readonly start: number
  readonly end: number
  /** Group → its number, of groups that have events. */
  readonly values: ReadonlyMap<string, number | null>
  /** The same of the window that it is compared with; empty where there is none. */
  readonly before: ReadonlyMap<string, number | null>
  /** What a group without events has. */
  readonly empty: number | null
}

/** A group that was not seen for so many windows is forgotten, whatever its state. */
export const FORGET_AFTER = 1000

/**
 * The verdict on one window: the record after it, and what it changed. A function of the record before and
 * the numbers alone, so that a verdict that was not kept is the same when it is made again.
 */
export function judgeWindow(
  alert: Pick<Alert, 'by' | 'most' | 'when' | 'inRow'>,
  record: AlertRecord,
  numbers: WindowNumbers,
): { readonly record: AlertRecord; readonly transitions: readonly Transition[] } {
  const { groups, leftOut } = judgedGroups(alert, record, numbers)
  const judged = groups.map(before => judgeGroup(alert, before, numbers))
  return {
    record: {
      ...record,
      through: numbers.end,
      groups: judged.flatMap(({ after }) => (after === undefined ? [] : [after])),
      leftOut,
    },
    transitions: judged.flatMap(({ transition }) => transition ?? []),
  }
}

/** Those that are known, those of concern first, then new ones; as many as the alert judges, by group. */
function judgedGroups({ by, most }: Pick<Alert, 'by' | 'most'>, record: AlertRecord, numbers: WindowNumbers) {
  const known = new Map(record.groups.map(group => [group.group, group]))
  if (by.length === 0) return { groups: [known.get('{}') ?? newGroup('{}')], leftOut: 0 }
  const fresh = [...numbers.values.keys(), ...numbers.before.keys()].filter(group => !known.has(group))
  const all = [
    ...record.groups.filter(({ state }) => state !== 'ok'),
    ...record.groups.filter(({ state }) => state === 'ok'),
    ...[...new Set(fresh)].sort(compareText).map(newGroup),
  ]
  const groups = all.slice(0, most).sort((a, b) => compareText(a.group, b.group))
  return { groups, leftOut: all.length - groups.length }
}

function newGroup(group: string): GroupState {
  return { group, state: 'ok', breaches: 0, since: undefined, value: null, unseen: 0, isTold: false }
}

type Judged = { readonly after: GroupState | undefined; readonly transition?: Transition }

function judgeGroup(
  { by, when, inRow }: Pick<Alert, 'by' | 'when' | 'inRow'>,
  group: GroupState,
  numbers: WindowNumbers,
): Judged {
  const seen = seenOf(group.group, numbers)
  const unseen = seen.isThere ? 0 : group.unseen + 1
  const base = { ...group, value: seen.value, unseen }
  const transition = (kind: Transition['kind'], since: number): Transition => ({
    ...{ kind, group: group.group, window: numbers.start, end: numbers.end, since, value: seen.value },
    ...(when.kind === 'change' && { before: seen.before }),
  })
  const { since = numbers.start } = group
  if (by.length > 0 && unseen >= FORGET_AFTER) {
    if (group.state !== 'firing') return { after: undefined }
    return { after: undefined, transition: { ...transition('resolved', since), reason: 'forgotten' } }
  }
  if (!isBreach(when, seen)) {
    const after: GroupState = { ...base, state: 'ok', breaches: 0, since: undefined }
    // A group that is well without events is well until it has some: there is nothing to remember of it.
    const kept = by.length > 0 && !seen.isThere ? undefined : after
    if (group.state === 'firing')
      return { after: kept && told(kept), transition: transition('resolved', since) }
    if (group.state === 'pending') return { after: kept, transition: transition('calm', since) }
    return { after: kept }
  }
  const breaches = Math.min(group.breaches + 1, Number.MAX_SAFE_INTEGER)
  const state = breaches >= inRow ? 'firing' : 'pending'
  const after: GroupState = { ...base, state, breaches, since }
  return state === group.state ? { after } : { after, transition: transition(state, since) }
}

/** Messages about what is over are over. */
function told(group: GroupState): GroupState {
  return { ...group, isTold: false }
}

function seenOf(group: string, { values, before, empty }: WindowNumbers): Seen {
  return {
    isThere: values.has(group),
    value: valueIn(values, group, empty),
    before: valueIn(before, group, empty),
  }
}

function valueIn(values: WindowNumbers['values'], group: string, empty: number | null): number | null {
  return values.has(group) ? values.get(group)! : empty
}
