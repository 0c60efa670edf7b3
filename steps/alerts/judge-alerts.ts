import {
  type AlertRecord,
  type HistoryEntry,
  newRecord,
  type Transition,
} from '../../core/alerts/alert-record.ts'
import { type Announcement, announce } from '../../core/alerts/announce.ts'
import { judgeWindow } from '../../core/alerts/judge-window.ts'
import { messageOf } from '../../core/alerts/message.ts'
import type { Calendar } from '../../core/data/calendar.ts'
import { destinationId } from '../../core/declare/alerts/destinations.ts'
import type { Alert } from '../../core/declare/alerts/resolve-alert.ts'
import type { Pipeline } from '../../core/declare/pipeline.ts'
import { type TributaryError, toTributaryError } from '../../core/errors.ts'
import { calendarOf } from '../../core/fold/rollup-windows.ts'
import type { AlertChange, AlertStore } from '../../core/ports/alerts/alert-store.ts'
import type { QueryMetric } from '../query-metric.ts'
import { readNumbers } from './read-numbers.ts'

export type JudgePorts = {
  readonly pipeline: Pick<Pipeline, 'alerts' | 'metrics'>
  readonly store: Pick<AlertStore, 'commit' | 'waiting'>
  /** What is known of each alert; kept in step with the store. */
  readonly records: Map<string, AlertRecord>
  readonly queryMetric: QueryMetric
  /** The clock that receipts are stamped with, ms since 1970. */
  readonly now: () => number
  /** How far ingest has acknowledged events. */
  readonly acknowledged: () => number
  /** Whether the views have everything through a position that `acknowledged` gave. */
  readonly hasApplied: (position: number) => boolean
  /** Names this platform. */
  readonly platform: string
  /** Told what kept an alert from being judged; it is tried again. */
  readonly report: (failure: TributaryError) => void
}

/** Why an alert is behind its windows; nothing where it is not. */
export type Hindrance = { readonly kind: 'applying' | 'not whole' | 'failed'; readonly detail: string }

/** Windows of one alert that are judged in a row before it is the turn of others. */
const AT_ONCE = 20
/** Windows that are judged late; of older ones, nobody wants to hear any more. */
export const MOST_BEHIND = 500
/** Messages that wait for one destination. */
const MOST_WAITING = 1000

/**
 * Judges every window that is over, each once and in their order: when its alert's lateness has passed and
 * the views have everything that was acknowledged until then. The verdict, the state after it and the
 * messages it makes become durable together.
 *
 * @returns judges what is due; one alert that cannot be judged keeps no other one up
 */
export function createJudgeAlerts(ports: JudgePorts) {
  const { pipeline, records, now, report } = ports
  const hindrances = new Map<string, Hindrance>()
  /** A position that was acknowledged at a moment: it has what came before that. */
  const marks = new Map<string, { readonly at: number; readonly position: number }>()
  const metricOf = (alert: Alert) => pipeline.metrics.find(({ name }) => name === alert.metric)!

  /** Judges the next window; false where there is none, or it has to wait. */
  async function judgeNext(alert: Alert, calendar: Calendar): Promise<boolean> {
    const record = records.get(alert.name)
    if (record?.digest !== alert.digest) return begin(alert, calendar, record)
    const start = record.through
    const due = calendar.endOf(start) + alert.lateness
    if (now() < due) return false
    if (await skipOld(alert, calendar, record)) return true
    if (!isApplied(alert, due)) return wait(alert, { kind: 'applying', detail: APPLYING })
    const read = await readNumbers(ports.queryMetric, alert, metricOf(alert), calendar, start)
    if (read.kind === 'not whole') return wait(alert, { kind: 'not whole', detail: NOT_WHOLE })
    const at = now()
    const judged = judgeWindow(alert, { ...record, judgedAt: at }, read.numbers)
    const { record: after, announcements } = announce(record, judged, read.numbers, at)
    await keep(alert, after, judged.transitions, announcements, at)
    return true
  }

  function isApplied({ name }: Alert, due: number): boolean {
    const known = marks.get(name)
    const mark =
      known !== undefined && known.at >= due ? known : { at: now(), position: ports.acknowledged() }
    marks.set(name, mark)
    return ports.hasApplied(mark.position)
  }

  function wait({ name }: Alert, hindrance: Hindrance): false {
    hindrances.set(name, hindrance)
    return false
  }

  /** The first window is the one that is going on. What an earlier declaration fired is over. */
  async function begin(alert: Alert, calendar: Calendar, old: AlertRecord | undefined): Promise<true> {
    const at = now()
    const start = calendar.startOf(at)
    const over = (old?.groups ?? []).filter(({ state }) => state === 'firing')
    const transitions = over.map(({ group, since = start, value }): Transition => {
      return {
        kind: 'resolved',
        group,
        window: start,
        end: calendar.endOf(start),
        since,
        value,
        reason: 'changed',
      }
    })
    const told = new Set(over.filter(({ isTold }) => isTold).map(({ group }) => group))
    const said = transitions.filter(({ group }) => told.has(group)) as readonly Announcement[]
    const record = { ...newRecord(alert, start), silence: old?.silence }
    await keep(alert, record, [...transitions, { kind: 'begun' }], said, at)
    return true
  }

  async function skipOld(alert: Alert, calendar: Calendar, record: AlertRecord): Promise<boolean> {
    const at = now()
    const length = calendar.endOf(record.through) - record.through
    const oldest = calendar.startOf(at - MOST_BEHIND * length)
    if (record.through >= oldest) return false
    const groups = record.groups.map(group =>
      group.state === 'pending' ? { ...group, state: 'ok' as const, breaches: 0, since: undefined } : group,
    )
    const skipped = { kind: 'skipped', from: record.through, to: oldest, reason: 'behind' } as const
    await keep(alert, { ...record, through: oldest, groups }, [skipped], [], at)
    return true
  }

  async function keep(
    alert: Alert,
    record: AlertRecord,
    happened: readonly WithoutAt[],
    announcements: readonly Announcement[],
    at: number,
  ): Promise<void> {
    const queued = await queue(ports, alert, announcements, at)
    const history = [...happened.map(entry => ({ ...entry, at }) as HistoryEntry), ...queued.history]
    await ports.store.commit({ alert: alert.name, record, history, outbox: queued.outbox })
    records.set(alert.name, record)
    hindrances.delete(alert.name)
  }

  const judgeAlert = async (alert: Alert): Promise<void> => {
    const calendar = calendarOf({ asked: alert.window, timezone: alert.timezone })
    try {
      for (let i = 0; i < AT_ONCE && (await judgeNext(alert, calendar)); i++);
    } catch (cause) {
      const failure = toTributaryError(cause)
      hindrances.set(alert.name, { kind: 'failed', detail: failure.message })
      report(failure)
    }
  }

  return {
    async judge(): Promise<void> {
      for (const alert of pipeline.alerts) await judgeAlert(alert)
    },
    hindrance: (alert: string): Hindrance | undefined => hindrances.get(alert),
  }
}

const APPLYING = 'the real-time views do not have everything yet that was acknowledged; judged when they do'
const NOT_WHOLE =
  'the live numbers of its metric are not whole yet, as it was declared a while ago; judged when they are'

type WithoutAt = HistoryEntry extends infer E ? (E extends HistoryEntry ? Omit<E, 'at'> : never) : never

/** A message for each destination; none where too many wait for it already, and that is noted. */
async function queue(
  { store, platform }: Pick<JudgePorts, 'store' | 'platform'>,
  alert: Alert,
  announcements: readonly Announcement[],
  at: number,
): Promise<Required<Pick<AlertChange, 'outbox' | 'history'>>> {
  const outbox: NonNullable<AlertChange['outbox']>[number][] = []
  const history: HistoryEntry[] = []
  if (announcements.length === 0 || alert.to.length === 0) return { outbox, history }
  const counts = new Map((await store.waiting()).map(({ first, count }) => [first.destination, count]))
  for (const announcement of announcements) {
    const message = messageOf(alert, announcement, platform, at)
    for (const destination of alert.to.map(destinationId)) {
      const count = counts.get(destination) ?? 0
      counts.set(destination, count + 1)
      if (count < MOST_WAITING) outbox.push({ destination, message, attempts: 0, queuedAt: at, nextAt: at })
      else
        history.push({
          at,
          kind: 'dropped',
          destination,
          message: message.id,
          group: announcement.group,
          detail: TOO_MANY,
        })
    }
  }
  return { outbox, history }
}

const TOO_MANY = `${MOST_WAITING} messages wait for it already`
