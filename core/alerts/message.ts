import { hash } from 'node:crypto'
import { type Group, parseGroup } from '../data/group.ts'
import { formatInstant } from '../data/time.ts'
import { describeCondition } from '../declare/alerts/conditions.ts'
import type { Alert } from '../declare/alerts/resolve-alert.ts'
import type { Announcement } from './announce.ts'

/** What a destination is told: the body of a webhook, as it is. */
export type AlertMessage = {
  /** The same each time that this message is sent: a receiver that has had it may drop it. */
  readonly id: string
  readonly alert: string
  readonly title: string
  readonly description: string
  readonly state: 'firing' | 'resolved'
  /** Why it is over, where no number says so. */
  readonly reason?: 'changed' | 'forgotten' | 'behind'
  readonly metric: string
  /** In words: `trips above 100`. */
  readonly condition: string
  readonly group: Group
  /** The window that was judged. */
  readonly window: { readonly start: string; readonly end: string }
  /** Start of the first window of concern. */
  readonly since: string
  readonly value: number | null
  /** What it was compared with, of a change. */
  readonly before?: number | null
  readonly judgedAt: string
  /** All of it as one line. */
  readonly text: string
}

/**
 * The message of an announcement.
 *
 * @param platform names this platform: two of one pipeline are told apart
 * @param now when the window was judged, ms since 1970
 */
export function messageOf(alert: Alert, said: Announcement, platform: string, now: number): AlertMessage {
  const { kind: state, group, window, end, since, value, before, reason } = said
  const condition = describeCondition(alert.when)
  // A group fires again after it was resolved, in a later window: each is a message of its own.
  const identity = [platform, alert.name, alert.digest, group, state, window]
  return {
    id: hash('sha256', JSON.stringify(identity), 'hex').slice(0, 32),
    ...{ alert: alert.name, title: alert.title, description: alert.description, state },
    ...(reason !== undefined && { reason }),
    ...{ metric: alert.metric, condition, group: parseGroup(group) },
    window: { start: formatInstant(window), end: formatInstant(end) },
    ...{ since: formatInstant(since), value },
    ...(before !== undefined && { before }),
    judgedAt: formatInstant(now),
    text: textOf(alert, said, condition),
  }
}

const WORDS = { firing: 'FIRING', resolved: 'resolved' } as const
const REASONS = {
  changed: 'its declaration was changed',
  forgotten: 'the group has not been seen for long',
  behind: 'its windows were not judged in time',
} as const

function textOf(
  { title, by, window: length }: Alert,
  { kind, group, window, value, before, reason }: Announcement,
  condition: string,
): string {
  const of = by.length === 0 ? '' : ` ${group}`
  const compared = before === undefined ? '' : ` (before: ${before ?? 'none'})`
  const number = value === null ? '' : `, it is ${value}${compared}`
  const why = reason === undefined ? '' : `; ${REASONS[reason]}`
  return `${WORDS[kind]}: ${title}${of}: ${condition}${number} in the ${length} of ${formatInstant(window)}${why}`
}
