import { epochOf } from '../core/data/epoch.ts'
import type { Texts } from '../core/data/sent-json.ts'
import type { Acceptor } from '../core/event/accept.ts'
import { receiptPrefix } from '../core/event/receipt.ts'
import type { Accepted, PackedRecord } from '../core/event/record.ts'
import { packRecords } from '../core/event/record.ts'
import type { Rejected, RejectedEvent } from '../core/ports/rejected.ts'
import type { PutOutcome, Stream } from '../core/ports/stream.ts'

export type IngestPorts = {
  readonly accept: Acceptor
  readonly stream: Stream
  readonly rejected: Pick<Rejected, 'put'>
  /** ms since 1970; never runs backwards. */
  readonly now: () => number
  readonly epochLength: number
  /** Names this process or container in receipts: six characters of 0–9 a–z. */
  readonly process: string
  /**
   * Characters of JSON text that fill a record of the stream; the packer's own measure where it is not given.
   */
  readonly recordSize?: number
}

/** What one request of events came to. Indexes are positions in the request. */
export type IngestOutcome = {
  /** Events durably stored. */
  readonly accepted: number
  readonly rejected: readonly {
    readonly index: number
    readonly id: string | null
    readonly code: string
    readonly detail: string
  }[]
  /** Indexes of events that the stream refused for now and that the sender must send again. */
  readonly retry: readonly number[]
  readonly retryAfterSeconds: number
}

/**
 * Takes the events of a request, as parsed JSON, and the canonical texts of those that were sent so; resolves
 * once every accepted and rejected event is durable.
 */
export type Ingest = (events: readonly unknown[], texts?: Texts) => Promise<IngestOutcome>

/**
 * Builds the ingest step.
 *
 * @throws (the step) TributaryError `storage_failed` when rejected events cannot be kept
 */
export function createIngest(ports: IngestPorts): Ingest {
  const { accept, stream, rejected, now, epochLength, process, recordSize } = ports
  let requests = 0

  /** Stamping and handing over happen in one go, so receipts order as the stream does. */
  const put = (events: readonly Accepted[]) => {
    const receivedAt = now()
    const packed = packRecords(
      events,
      epochOf(receivedAt, epochLength),
      receiptPrefix(receivedAt, process, requests++),
      recordSize,
    )
    return { packed, outcomes: stream.put(packed.map(p => p.record)) }
  }

  const store = async (
    events: readonly Accepted[],
  ): Promise<{ retry: number[]; retryAfterSeconds: number }> => {
    if (events.length === 0) return { retry: [], retryAfterSeconds: 0 }
    const first = put(events)
    const refused = refusedOf(first.packed, await first.outcomes)
    // An epoch can close between stamping and storing: such events get a new stamp, once.
    if (refused.indexes.length === 0 || refused.retryAfterSeconds > 0)
      return { retry: refused.indexes, retryAfterSeconds: refused.retryAfterSeconds }
    const again = new Set(refused.indexes)
    const second = put(events.filter(event => again.has(event.index)))
    const still = refusedOf(second.packed, await second.outcomes)
    return { retry: still.indexes, retryAfterSeconds: Math.max(1, still.retryAfterSeconds) }
  }

  return async (events, texts = []) => {
    const accepted: Accepted[] = []
    const rejections: (IngestOutcome['rejected'][number] & { type: string | undefined })[] = []
    for (let index = 0; index < events.length; index++) {
      const verdict = accept(events[index], index, texts[index])
      if (verdict.kind === 'accepted') accepted.push(verdict.accepted)
      else rejections.push({ index, id: verdict.id ?? null, type: verdict.type, ...verdict.rejection })
    }
    // Both come to their end before the answer: a function is frozen after it, and would go on with a put in a later epoch.
    const [stored, kept] = await Promise.allSettled([store(accepted), keep(rejections, events)])
    if (stored.status === 'rejected') throw stored.reason
    if (kept.status === 'rejected') throw kept.reason
    return {
      accepted: accepted.length - stored.value.retry.length,
      rejected: rejections.map(({ index, id, code, detail }) => ({ index, id, code, detail })),
      ...stored.value,
    }
  }

  async function keep(
    rejections: readonly {
      index: number
      id: string | null
      type: string | undefined
      code: string
      detail: string
    }[],
    events: readonly unknown[],
  ): Promise<void> {
    if (rejections.length === 0) return
    const receivedAt = now()
    const prefix = receiptPrefix(receivedAt, process, requests++)
    await rejected.put(
      rejections.map(
        ({ index, id, type, code, detail }): RejectedEvent => ({
          receipt: `${prefix}${String(index).padStart(5, '0')}`,
          receivedAt,
          type,
          id: id ?? undefined,
          code,
          detail,
          event: eventText(events[index]),
        }),
      ),
    )
  }
}

function refusedOf(
  packed: readonly PackedRecord[],
  outcomes: readonly PutOutcome[],
): { indexes: number[]; retryAfterSeconds: number } {
  const indexes: number[] = []
  let retryAfterSeconds = 0
  outcomes.forEach((outcome, i) => {
    if (outcome.kind === 'stored') return
    indexes.push(...packed[i]!.indexes)
    retryAfterSeconds = Math.max(retryAfterSeconds, outcome.retryAfterSeconds)
  })
  return { indexes, retryAfterSeconds }
}

/** The event as JSON text; integers that JSON.parse would alter are written out as they came. */
function eventText(event: unknown): string {
  try {
    return JSON.stringify(event, (_key, value: unknown) =>
      typeof value === 'bigint'
        ? (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(String(value))
        : value,
    )
  } catch (error) {
    if (error instanceof RangeError) return '"(nested too deeply to be kept)"'
    throw error
  }
}
