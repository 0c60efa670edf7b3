import type { HistoryEntry } from '../../core/alerts/alert-record.ts'
import { destinationId } from '../../core/declare/alerts/destinations.ts'
import type { Alert } from '../../core/declare/alerts/resolve-alert.ts'
import { type TributaryError, toTributaryError } from '../../core/errors.ts'
import type { AlertStore, OutboxEntry } from '../../core/ports/alerts/alert-store.ts'
import type { Notify } from '../../core/ports/alerts/notify.ts'

export type DeliverPorts = {
  readonly alerts: readonly Alert[]
  readonly store: Pick<AlertStore, 'commit' | 'waiting'>
  readonly notify: Notify
  /** ms since 1970. */
  readonly now: () => number
  /** Told what kept the store from being written; the message may be sent again then. */
  readonly report: (failure: TributaryError) => void
}

/** Longest time that sending a message takes, ms. */
const SEND_TIMEOUT = 10_000
/** Pauses before a message is tried again: from the first to the longest, each twice the one before, ms. */
const FIRST_PAUSE = 1000
const LONGEST_PAUSE = 900_000
/** After so long a message is given up, ms: whoever is to be told has heard of it otherwise by then. */
export const GIVE_UP_AFTER = 86_400_000
/** Attempts for a message that its destination refuses. */
const REFUSED_ATTEMPTS = 3

/**
 * Sends what waits: the messages of each destination in their order and one at a time, all destinations at
 * once, so that one that does not answer delays its own alone. A message leaves the store after it was sent:
 * where the process ends in between, it is sent again, under the same id.
 *
 * @returns `deliver` starts what is due and does not wait for it; `stop` ends what is under way
 */
export function createDeliverMessages({ alerts, store, notify, now, report }: DeliverPorts) {
  const destinations = new Map(
    alerts.flatMap(({ to }) => to).map(destination => [destinationId(destination), destination]),
  )
  const busy = new Map<string, Promise<void>>()
  const stopping = new AbortController()

  /** Sends the first message of a destination, and what follows while that goes well. */
  async function drain(first: OutboxEntry): Promise<void> {
    let next: OutboxEntry | undefined = first
    while (next !== undefined && next.nextAt <= now() && !stopping.signal.aborted) {
      if (!(await sendOne(next))) return
      const { destination }: OutboxEntry = next
      next = (await store.waiting()).find(each => each.first.destination === destination)?.first
    }
  }

  /** False where the process ends meanwhile: the message is as it was, and sent at the next start. */
  async function sendOne(entry: OutboxEntry): Promise<boolean> {
    const destination = destinations.get(entry.destination)
    if (destination === undefined) {
      await over(entry, 'dropped', 'no alert declares this destination any more')
      return true
    }
    const outcome = await notify(destination, entry.message, sendSignal())
    if (outcome.kind === 'sent') await over(entry, 'sent')
    else if (stopping.signal.aborted) return false
    else if (isGivenUp(entry, outcome.isRefused)) await over(entry, 'failed', outcome.detail)
    else await later(entry, outcome.detail)
    return true
  }

  const sendSignal = () => AbortSignal.any([AbortSignal.timeout(SEND_TIMEOUT), stopping.signal])

  const isGivenUp = ({ attempts, queuedAt }: OutboxEntry, isRefused: boolean): boolean =>
    (isRefused && attempts + 1 >= REFUSED_ATTEMPTS) || now() - queuedAt >= GIVE_UP_AFTER

  async function over(
    entry: OutboxEntry,
    kind: 'sent' | 'failed' | 'dropped',
    detail?: string,
  ): Promise<void> {
    const { destination, number, message } = entry
    const told = { kind, destination, message: message.id, group: JSON.stringify(message.group) }
    const happened: HistoryEntry = { at: now(), ...told, ...(detail !== undefined && { detail }) }
    failures.delete(destination)
    if (kind === 'failed' && detail !== undefined) failures.set(destination, detail)
    await store.commit({ alert: message.alert, over: { destination, number }, history: [happened] })
  }

  async function later(entry: OutboxEntry, detail: string): Promise<void> {
    const pause = Math.min(FIRST_PAUSE * 2 ** Math.min(entry.attempts, 20), LONGEST_PAUSE)
    failures.set(entry.destination, detail)
    const next = { ...entry, attempts: entry.attempts + 1, nextAt: now() + pause }
    await store.commit({ alert: entry.message.alert, later: next })
  }

  /** Destination → why its last message was not sent. */
  const failures = new Map<string, string>()

  return {
    async deliver(): Promise<void> {
      for (const { first } of await store.waiting()) {
        const { destination } = first
        if (busy.has(destination) || first.nextAt > now() || stopping.signal.aborted) continue
        const work = drain(first)
          .catch((cause: unknown) => report(toTributaryError(cause)))
          .finally(() => busy.delete(destination))
        busy.set(destination, work)
      }
    },
    failure: (destination: string): string | undefined => failures.get(destination),
    async stop(): Promise<void> {
      stopping.abort()
      await Promise.all(busy.values())
    },
  }
}
