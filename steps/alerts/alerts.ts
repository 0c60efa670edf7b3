import { type AlertRecord, isSilenced, type Silence } from '../../core/alerts/alert-record.ts'
import { destinationId } from '../../core/declare/alerts/destinations.ts'
import type { Alert } from '../../core/declare/alerts/resolve-alert.ts'
import { TributaryError } from '../../core/errors.ts'
import type { AlertStore, HistoryQuery, NumberedEntry } from '../../core/ports/alerts/alert-store.ts'
import { createDeliverMessages, type DeliverPorts } from './deliver-messages.ts'
import { createJudgeAlerts, type Hindrance, type JudgePorts } from './judge-alerts.ts'
import { createSilenceAlert } from './silence-alert.ts'

/** An alert as it stands. */
export type AlertNow = {
  readonly alert: Alert
  /** Undefined before its first window was begun. */
  readonly record: AlertRecord | undefined
  readonly hindrance: Hindrance | undefined
  readonly destinations: readonly {
    readonly id: string
    readonly waiting: number
    readonly failure: string | undefined
  }[]
}

/** How alerts are as a whole. */
export type AlertsState = {
  /** Messages that wait to be sent. */
  readonly waiting: number
  /** How long the oldest of them has waited, ms. */
  readonly oldestMs: number
  /** Destinations that cannot be told, with the reason. */
  readonly failing: Readonly<Record<string, string>>
  /** Alerts whose windows could not be asked for, with the reason. */
  readonly notJudged: Readonly<Record<string, string>>
}

export type AlertPorts = Omit<JudgePorts, 'records' | 'store'> &
  Pick<DeliverPorts, 'notify'> & {
    readonly store: AlertStore
    /** What is wrong with a destination's settings, if anything. */
    readonly settingProblem: (alert: Alert['to'][number]) => string | undefined
  }

/** How long history is kept, ms, and how many entries of an alert at most. */
const KEEP_HISTORY = 90 * 86_400_000
const MOST_HISTORY = 10_000

/** Alerts of a platform: judging, sending, silence, and what they are like. One process has them. */
export type Alerts = Awaited<ReturnType<typeof openAlerts>>

/** @throws TributaryError of the store */
export async function openAlerts(ports: AlertPorts) {
  const { store, pipeline, settingProblem } = ports
  const records = new Map(await store.records())
  await removeUndeclared(store, records, pipeline.alerts)
  const judging = createJudgeAlerts({ ...ports, records })
  const delivery = createDeliverMessages({ ...ports, alerts: pipeline.alerts })
  const silencing = createSilenceAlert({ ...ports, records })
  const failureOf = (destination: Alert['to'][number]) =>
    settingProblem(destination) ?? delivery.failure(destinationId(destination))
  // What reads a record and writes it again does so alone.
  const alone = turns()

  return {
    judge: () => alone(judging.judge),
    deliver: delivery.deliver,
    forget: () => store.forget(ports.now() - KEEP_HISTORY, MOST_HISTORY),
    stop: async () => {
      await delivery.stop()
      await alone(async () => undefined)
    },
    silence: (alert: string, silence: Omit<Silence, 'at'>) =>
      alone(async () => silencing.silence(alert, silence)),
    unsilence: (alert: string, by: string) => alone(() => silencing.unsilence(alert, by)),
    /** @throws TributaryError `not_found` */
    async history(alert: string, query: HistoryQuery): Promise<readonly NumberedEntry[]> {
      if (pipeline.alerts.some(({ name }) => name === alert)) return store.history(alert, query)
      throw new TributaryError(
        'not_found',
        `there is no alert "${alert.slice(0, 100)}"; GET /v1/alerts lists them`,
      )
    },
    async state(): Promise<AlertsState> {
      const waiting = await store.waiting()
      const queued = waiting.map(({ first }) => first.queuedAt)
      const to = pipeline.alerts.flatMap(alert => alert.to)
      const failing = to.map(one => [destinationId(one), failureOf(one)] as const)
      const judged = pipeline.alerts.map(({ name }) => [name, judging.hindrance(name)] as const)
      return {
        waiting: waiting.reduce((sum, { count }) => sum + count, 0),
        oldestMs: queued.length === 0 ? 0 : Math.max(0, ports.now() - Math.min(...queued)),
        failing: Object.fromEntries(failing.flatMap(([id, why]) => (why === undefined ? [] : [[id, why]]))),
        notJudged: Object.fromEntries(
          judged.flatMap(([name, why]) => (why?.kind === 'failed' ? [[name, why.detail]] : [])),
        ),
      }
    },
    async list(): Promise<readonly AlertNow[]> {
      const waiting = new Map((await store.waiting()).map(({ first, count }) => [first.destination, count]))
      return pipeline.alerts.map(alert => ({
        alert,
        record: asOfNow(records.get(alert.name), ports.now()),
        hindrance: judging.hindrance(alert.name),
        destinations: alert.to.map(destination => {
          const id = destinationId(destination)
          return {
            id,
            waiting: waiting.get(id) ?? 0,
            failure: failureOf(destination),
          }
        }),
      }))
    },
  }
}

/** A silence that is over is none. */
function asOfNow(record: AlertRecord | undefined, now: number): AlertRecord | undefined {
  return record && (isSilenced(record, now) ? record : { ...record, silence: undefined })
}

/** The history of an alert that is gone stays until it is old. */
async function removeUndeclared(
  store: AlertStore,
  records: Map<string, AlertRecord>,
  alerts: readonly Alert[],
): Promise<void> {
  const declared = new Set(alerts.map(({ name }) => name))
  for (const name of records
    .keys()
    .filter(each => !declared.has(each))
    .toArray()) {
    await store.commit({ alert: name, removed: name })
    records.delete(name)
  }
}

/** Lets work happen one after the other. */
function turns() {
  let last: Promise<unknown> = Promise.resolve()
  return <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work)
    last = turn.catch(() => undefined)
    return turn
  }
}
