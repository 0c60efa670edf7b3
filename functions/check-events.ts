import type { CheckEvents } from '../steps/check-events.ts'
import { eventsRequestOf, senderOf } from './ingest.ts'
import { json } from './middleware/http.ts'
import type { Work } from './middleware/http-function.ts'

/** POST /v1/events/check: what sending these events would come to; nothing is stored. */
export function createHandler({ checkEvents }: { readonly checkEvents: CheckEvents }): Work {
  return async (event, access) =>
    json(200, { verdicts: await checkEvents(eventsRequestOf(event), senderOf(event), access) })
}
