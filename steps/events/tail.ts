import type { Pipeline } from '../../core/declare/pipeline.ts'
import { TributaryError, toTributaryError } from '../../core/errors.ts'
import type { RejectedEvent } from '../../core/ports/rejected.ts'
import type { Outlet } from '../follow/connection.ts'
import type { StreamKnowledge } from './journey.ts'
import { judgeTailed } from './judge-tailed.ts'
import type { Listed } from './list-events.ts'
import { createTailListener, type TailListener, type Watch } from './tail-listener.ts'

/** A record of the stream. `lines` costs something, and so is asked for only where somebody wants it. */
export type TailedRecord = {
  readonly sequence: number
  /** Where to read on after it. */
  readonly next: number
  readonly type: string
  readonly count: number
  readonly lines: () => string
}

export type TailPorts = Pick<StreamKnowledge, 'claimsOf'> & {
  readonly pipeline: Pick<Pipeline, 'latest'>
  /** Through which place the stream is durable, and through which the speed layer has applied it. */
  readonly end: () => number
  readonly applied: () => number
  /** Records from a place on, a megabyte at most. */
  readonly read: (from: number) => readonly TailedRecord[]
  /** Events that were accepted since the start. */
  readonly accepted: () => number
  readonly now: () => number
  /** ms: how far the id of an event is remembered. */
  readonly span: number
  readonly report: (failure: TributaryError) => void
}

/** Most listeners, bytes that are read behind what comes in, and events that are parsed, at one look. */
const MOST = { listeners: 100, behind: 2 << 20, parsed: 500, rejected: 500 }
/** How long events wait for the speed layer to tell whether they count, ms. */
const PATIENCE_MS = 2000

export type Tail = ReturnType<typeof createTail>

/**
 * The tail of what comes in. It reads the stream beside its consumers, while somebody listens, and keeps no
 * place in it: what comes faster than it reads is passed over and counted. Taking events in waits for
 * nothing of it.
 */
export function createTail(ports: TailPorts) {
  const { end, applied, read, now, report } = ports
  const listeners = new Set<TailListener>()
  let rejections: RejectedEvent[] = []
  let notKept = 0
  let at: number | undefined
  let waitingSince: number | undefined
  let seen = 0
  let acceptedAt = 0
  let isClosed = false

  function begin(): void {
    at = end()
    waitingSince = undefined
    rejections = []
    seen = 0
    acceptedAt = ports.accepted()
  }

  /** What lies between is not looked at: how much it is, the counts of events say. */
  function jump(): void {
    at = end()
    const passed = Math.max(0, ports.accepted() - acceptedAt - seen)
    seen += passed
    for (const listener of listeners) listener.skip(passed)
  }

  /** As far as the speed layer has judged; where that is stuck, as far as there is anything. */
  function limit(): number {
    const [last, judged] = [end(), applied()]
    if (judged >= last || (at ?? 0) < judged) waitingSince = undefined
    else waitingSince ??= now()
    return waitingSince !== undefined && now() - waitingSince > PATIENCE_MS ? last : Math.min(last, judged)
  }

  function take(): readonly TailedRecord[] {
    if (end() - at! > MOST.behind) jump()
    const until = limit()
    const records = at! < until ? read(at!).filter(({ sequence }) => sequence < until) : []
    at = records.at(-1)?.next ?? at
    seen += records.reduce((sum, { count }) => sum + count, 0)
    return records
  }

  /** Records of types that somebody wants, no more than can be parsed at one look. */
  function wanted(records: readonly TailedRecord[]): readonly TailedRecord[] {
    let left = MOST.parsed
    return records.toReversed().filter(({ type, count }) => {
      const those = [...listeners].filter(({ types }) => types.has(type))
      if (those.length === 0) return false
      if (left >= 0) {
        left -= count
        return true
      }
      for (const listener of those) listener.skip(count)
      return false
    })
  }

  function takeRejections(): readonly Listed[] {
    const taken = rejections
    for (const listener of listeners) if (notKept > 0) listener.skip(notKept)
    notKept = 0
    rejections = []
    return taken.map(one => ({ kind: 'rejected', rejection: { ...one, replayed: false } }))
  }

  async function look(): Promise<void> {
    if (listeners.size === 0) {
      at = undefined
      return
    }
    const records = wanted(take()).toReversed()
    const received = await judgeTailed(ports, records, [...listeners])
    const all = [...received, ...takeRejections()]
    for (const listener of listeners) listener.tell(all)
  }

  return {
    /** @throws TributaryError `overloaded` beyond the bound, `unavailable` while the platform stops */
    open(watch: Watch): (reader: { readonly outlet: Outlet; readonly stillMay: () => void }) => void {
      if (isClosed) throw stopping()
      if (listeners.size >= MOST.listeners)
        throw new TributaryError(
          'overloaded',
          `there are ${MOST.listeners} listeners to events; end some, or search`,
          { retryAfter: 10 },
        )
      return reader => {
        if (isClosed) return reader.outlet.destroy()
        if (at === undefined) begin()
        const listener = createTailListener(reader, watch, now)
        listeners.add(listener)
        reader.outlet.onClose(() => void listeners.delete(listener))
      }
    },
    /** Tells what has come in since the last look. */
    look: () =>
      look().catch((error: unknown) => {
        report(toTributaryError(error))
        // What cannot be read, as what the stream has deleted, would be tried again for ever.
        if (at !== undefined) jump()
      }),
    /** Is told of events that were rejected, as they are kept. */
    noteRejected(events: readonly RejectedEvent[]): void {
      if (listeners.size === 0) return
      const room = MOST.rejected - rejections.length
      rejections.push(...events.slice(0, Math.max(0, room)))
      notKept += Math.max(0, events.length - Math.max(0, room))
    },
    /** Tells listeners that somebody is there, and ends those whose keys are worth nothing any more. */
    beat(): void {
      for (const listener of [...listeners]) {
        try {
          listener.stillMay()
          listener.beat()
        } catch (error) {
          listeners.delete(listener)
          listener.end(toTributaryError(error))
        }
      }
    },
    listeners: () => listeners.size,
    close(): void {
      isClosed = true
      for (const listener of listeners) listener.end(stopping())
      listeners.clear()
    },
  }
}

const stopping = () => new TributaryError('unavailable', 'the platform is stopping; connect again')
