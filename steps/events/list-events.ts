import type { ReceivedEvent } from '../../core/event/record.ts'
import type { EventFilter } from '../../core/events/event-filter.ts'
import type { ListedRejection, Rejected } from '../../core/ports/rejected.ts'
import { newestRejections } from './rejections.ts'
import type { EventSearch, PageOfEvents, SearchEvents } from './search-events.ts'

/** Which events are listed. `withRejected`: rejected ones of the same filter among them. */
export type ListQuestion = EventFilter & {
  readonly since?: number
  readonly until?: number
  readonly before: string | undefined
  readonly limit: number
  readonly verdict: 'accepted' | 'duplicate' | 'rejected' | undefined
  readonly withRejected: boolean
}

export type Listed =
  | { readonly kind: 'received'; readonly event: ReceivedEvent; readonly isCounted: boolean | undefined }
  | { readonly kind: 'rejected'; readonly rejection: ListedRejection }

/** A page, newest first. `next`: receipts before it are on the next one. */
export type ListedPage = {
  readonly events: readonly Listed[]
  readonly next: string | undefined
  readonly since: number
}

export type ListEvents = (question: ListQuestion) => Promise<ListedPage>

export type ListPorts = {
  readonly searchEvents: SearchEvents
  readonly rejected: Pick<Rejected, 'list'>
  readonly now: () => number
}

/** Where a search goes back to that does not say, ms. */
const DAY = 86_400_000

/** Builds the step that lists what came in, received and rejected events as one list. */
export function createListEvents(ports: ListPorts): ListEvents {
  return async question => {
    const until = question.until ?? ports.now()
    const since = question.since ?? until - DAY
    const { verdict, withRejected, ...filter } = question
    const wantsReceived = verdict !== 'rejected' && question.types.length > 0
    const search: EventSearch = { ...filter, since, until, verdict: wantsReceived ? verdict : undefined }
    const received = wantsReceived ? await ports.searchEvents(search) : NONE
    const wantsRejected = withRejected && (verdict === undefined || verdict === 'rejected')
    const rejected = wantsRejected ? await rejectedPage(ports, search) : NONE
    return { ...merged(received, rejected, question.limit), since }
  }
}

const NONE = { events: [], bound: undefined } as const

function rejectedPage({ rejected }: ListPorts, { since, until, before, limit, ...filter }: EventSearch) {
  return newestRejections(rejected, {
    ...{ since, until, before, limit },
    isWanted: one => isWantedRejection(filter, one),
  })
}

/** What can be asked of an event that did not fit its contract: its type, and texts of id and source. */
export function isWantedRejection(
  { types, source, text, where }: EventFilter,
  { type, id, event }: Pick<ListedRejection, 'type' | 'id' | 'event'>,
): boolean {
  if (Object.keys(where).length > 0) return false
  if (type !== undefined && !types.includes(type)) return false
  if (text !== undefined && id?.includes(text) !== true) return false
  return source === undefined || event.includes(JSON.stringify(source))
}

/** Of both, what lies after the point up to which both were looked through. */
function merged(
  received: PageOfEvents,
  rejected: Awaited<ReturnType<typeof newestRejections>>,
  limit: number,
): Pick<ListedPage, 'events' | 'next'> {
  const bounds = [received.bound, rejected.bound].filter(bound => bound !== undefined)
  const bound = bounds.sort().at(-1)
  const all = [
    ...received.events.map(({ event, isCounted }) => ({
      ...{ at: event.tbreceipt, one: { kind: 'received', event, isCounted } as const },
    })),
    ...rejected.events.map(rejection => ({
      ...{ at: rejection.receipt, one: { kind: 'rejected', rejection } as const },
    })),
  ]
  const known = all.filter(({ at }) => bound === undefined || at >= bound)
  const page = known.sort((a, b) => (a.at > b.at ? -1 : 1)).slice(0, limit)
  const next = known.length > limit ? page.at(-1)!.at : bound
  return { events: page.map(({ one }) => one), next }
}
