import { TributaryError } from '../core/errors.ts'
import { readEventsRequest, type SentEvents } from '../core/event/cloudevents-http.ts'
import type { Ingest, IngestOutcome } from '../steps/ingest.ts'
import { type HttpDeps, type HttpEvent, type HttpResponse, json } from './middleware/http.ts'
import type { Work } from './middleware/http-function.ts'
import { problemResponse } from './middleware/problem.ts'

/** POST /v1/events: 202 once durable, 422 when all were rejected, 503 with what to send again. */
export function createHandler(deps: Pick<HttpDeps, 'report'> & { readonly ingest: Ingest }): Work {
  // A function of its own, so that nothing of what is parsed is held while the disk writes.
  const send = (event: HttpEvent) => {
    const { events, texts } = eventsOf(event)
    return deps.ingest(events, texts)
  }
  return async event => {
    try {
      const outcome = await send(event)
      if (outcome.retry.length === 0) return answer(outcome)
      return refusal(eventsOf(event).events, outcome, refusedForNow(outcome))
    } catch (cause) {
      if (!(cause instanceof TributaryError) || !cause.retryable) throw cause
      deps.report(cause, event.routeKey)
      // What became of each event is unknown: sending all again is safe, an id counts once.
      const { events } = eventsOf(event)
      return refusal(events, { accepted: 0, rejected: [], retry: [...events.keys()] }, cause)
    }
  }
}

function eventsOf({ headers, body = '' }: HttpEvent): SentEvents {
  return readEventsRequest({ headers, body })
}

function answer({ accepted, rejected }: IngestOutcome): HttpResponse {
  return json(accepted === 0 && rejected.length > 0 ? 422 : 202, { accepted, rejected })
}

function refusedForNow({ retryAfterSeconds: retryAfter }: IngestOutcome): TributaryError {
  const detail = 'some events were refused for now; send the events listed in "retry" again'
  return new TributaryError('overloaded', detail, { retryAfter })
}

function refusal(
  events: readonly unknown[],
  { accepted, rejected, retry }: Omit<IngestOutcome, 'retryAfterSeconds'>,
  failure: TributaryError,
): HttpResponse {
  return problemResponse(failure, {
    accepted,
    rejected,
    retry: retry.map(index => ({ index, id: idOf(events[index]) })),
  })
}

function idOf(event: unknown): string | null {
  const id = typeof event === 'object' && event !== null && 'id' in event ? event.id : undefined
  return typeof id === 'string' ? id : null
}
