import type { RejectedEvents } from './api.ts'
import { get } from './client.ts'
import type { Answer } from './failure.ts'
import type { Rejection } from './reasons.ts'

/** Rejections that were read, and whether there are more of the span. */
export type Rejections = { readonly events: readonly Rejection[]; readonly isMore: boolean }

const PAGE = 500
/** More would be long to read, for the platform and for a person. */
const MOST_PAGES = 4

/** Reads the rejections since an instant, oldest first, a bounded number. */
export async function readRejections(from: string, type: string): Promise<Answer<Rejections>> {
  const events: Rejection[] = []
  let after: string | null = null
  for (let page = 0; page < MOST_PAGES; page++) {
    const query = new URLSearchParams({ from, limit: String(PAGE), ...(type !== '' && { type }) })
    if (after !== null) query.set('after', after)
    const answer: Answer<RejectedEvents> = await get<RejectedEvents>(`/v1/rejected?${query}`)
    if (!answer.ok) return answer
    events.push(...answer.value.events)
    after = answer.value.next
    if (after === null || answer.value.events.length === 0)
      return { ok: true, value: { events, isMore: false } }
  }
  return { ok: true, value: { events, isMore: true } }
}
