import type { Answer, Api } from './api.ts'
import type { Load, Sent } from './events.ts'

/** Events that went in one request, the index of the first of them, and what they were answered. */
export type Exchange = { readonly start: number; readonly events: readonly Sent[]; readonly answer: Answer }

/** Requests of one event, before the batches. */
const SINGLE = 100
const PER_BATCH = 100
const SENDERS = 2

/**
 * Sends a load: first one event a request, then in batches, every other of them compressed, two requests at a
 * time.
 */
export async function sendAll(api: Api, { events }: Load): Promise<readonly Exchange[]> {
  const starts = [...events.keys()].filter(index => index < SINGLE || index % PER_BATCH === 0)
  const exchanges: Exchange[] = []
  const sender = async () => {
    for (let start = starts.shift(); start !== undefined; start = starts.shift())
      exchanges.push(await exchange(api, events, start))
  }
  await Promise.all(Array.from({ length: SENDERS }, sender))
  return exchanges
}

async function exchange(api: Api, all: readonly Sent[], start: number): Promise<Exchange> {
  const events = all.slice(start, start + (start < SINGLE ? 1 : PER_BATCH))
  const isCompressed = (start / PER_BATCH) % 2 === 0
  const answer =
    start < SINGLE
      ? await api.sendOne(events[0]!, start)
      : await api.sendBatch(events, isCompressed ? 'gzip' : undefined)
  return { start, events, answer }
}

/** What an exchange must have been answered. */
export function answerOwed({ wrong }: Load, { start, events }: Exchange): Answer {
  const rejected = events.flatMap(({ id }, index) => {
    const code = wrong.get(start + index)
    return code === undefined ? [] : [{ index, id, code }]
  })
  return { accepted: events.length - rejected.length, rejected }
}
