import { parseJson } from '../core/json/json.ts'
import type { ListedRejection, Rejected } from '../core/ports/rejected.ts'
import type { Ingest } from './ingest.ts'
import { TYPE_NOT_ALLOWED } from './limit-types.ts'

export type ReplayPorts = {
  /** An ingest step whose rejections go to `ALREADY_KEPT`, with a `process` name of its own. */
  readonly ingest: Ingest
  readonly rejected: Pick<Rejected, 'list' | 'markReplayed'>
  /** ms; only measures how long the replay has taken. */
  readonly now: () => number
}

/** Where the replaying ingest puts what is rejected again: nowhere, the first rejection is still kept. */
export const ALREADY_KEPT: Pick<Rejected, 'put'> = { put: () => Promise.resolve() }

export type ReplayQuery = {
  readonly type?: string
  /** Rejected at or after, ms since 1970. */
  readonly from?: number
  /** Where an earlier replay stopped. */
  readonly after?: string
}

export type ReplayOutcome = {
  /** Accepted this time. */
  readonly replayed: number
  /** Rejected again, for the reasons kept or for others. */
  readonly stillRejected: number
  /** Refused for now by the stream: replay again, later, from `next`. */
  readonly refused: number
  /** Where to go on; undefined when everything has been looked at. */
  readonly next: string | undefined
}

/** Sends rejected events through ingest again. */
export type ReplayRejected = (query: ReplayQuery) => Promise<ReplayOutcome>

const PAGE = 500
/** A replay ends before the 30 s that an HTTP API allows, and `next` continues it. */
const TIME_LIMIT_MS = 15_000

/**
 * Builds the replay of rejected events. An event that is accepted but not yet marked when the process dies is
 * sent again by the next replay, and its id makes it a duplicate: it counts once.
 */
export function createReplayRejected({ ingest, rejected, now }: ReplayPorts): ReplayRejected {
  return async ({ after, ...query }) => {
    const deadline = now() + TIME_LIMIT_MS
    const total = { replayed: 0, stillRejected: 0, refused: 0 }
    let cursor = after
    do {
      const page = await rejected.list({
        ...query,
        ...(cursor !== undefined && { after: cursor }),
        limit: PAGE,
      })
      const open = page.events.filter(one => !one.replayed)
      const allowed = open.filter(one => one.code !== TYPE_NOT_ALLOWED)
      const { replayed, stillRejected, refused } = await replayPage(allowed)
      total.replayed += replayed
      total.stillRejected += stillRejected + open.length - allowed.length
      total.refused += refused
      if (refused > 0) break
      cursor = page.next
    } while (cursor !== undefined && now() < deadline)
    return { ...total, next: cursor }
  }

  async function replayPage(events: readonly ListedRejection[]) {
    if (events.length === 0) return { replayed: 0, stillRejected: 0, refused: 0 }
    const outcome = await ingest(events.map(event => parseJson(event.event)))
    const undone = new Set([...outcome.retry, ...outcome.rejected.map(one => one.index)])
    const done = events.filter((_, index) => !undone.has(index)).map(event => event.receipt)
    if (done.length > 0) await rejected.markReplayed(done)
    return {
      replayed: done.length,
      stillRejected: outcome.rejected.length,
      refused: outcome.retry.length,
    }
  }
}
