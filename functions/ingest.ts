import { TributaryError } from '../core/errors.ts'
import { type EventsRequest, readEventsRequest } from '../core/event/cloudevents-http.ts'
import { refusalText } from '../core/refusals.ts'
import type { Ingest, IngestOutcome } from '../steps/ingest.ts'
import { type HttpDeps, type HttpResponse, json } from './middleware/http.ts'
import type { Work } from './middleware/http-function.ts'
import { problemResponse } from './middleware/problem.ts'

/** How the events of a request are taken in, and what their ids are, by place. */
export type Intake = {
  /** @throws TributaryError `bad_request`, `unsupported_media_type`, `too_large`; of ingest */
  take(request: EventsRequest): Promise<IngestOutcome>
  /** Asked for when events have to be sent again: so that nothing parsed is held while the disk writes. */
  ids(request: EventsRequest): Promise<readonly (string | null)[]>
}

/** POST /v1/events: 202 once durable, 422 when all were rejected, 503 with what to send again. */
export function createHandler({
  ingest,
  report,
}: Pick<HttpDeps, 'report'> & { readonly ingest: Ingest }): Work {
  return createIntakeHandler(report, intakeOf(ingest))
}

/** The same for events that are taken in by other means than one step. */
export function createIntakeHandler(report: HttpDeps['report'], intake: Intake): Work {
  return async ({ headers, body = '', routeKey }) => {
    const request = { headers, body }
    try {
      const outcome = await intake.take(request)
      if (outcome.retry.length === 0) return answer(outcome)
      const refused = refusedForNow(outcome)
      report(refused, routeKey)
      return refusal(await intake.ids(request), outcome, refused)
    } catch (cause) {
      if (!(cause instanceof TributaryError) || !cause.retryable) throw cause
      report(cause, routeKey)
      // What became of each event is unknown: sending all again is safe, an id counts once.
      const ids = await intake.ids(request)
      return refusal(ids, { accepted: 0, rejected: [], retry: [...ids.keys()] }, cause)
    }
  }
}

/** Reads requests and takes their events in where it is called. */
export function intakeOf(ingest: Ingest): Intake {
  return {
    take(request) {
      const { events, texts } = readEventsRequest(request)
      return ingest(events, texts)
    },
    ids: async request => idsOf(request),
  }
}

/** The ids of the events of a request, by place; null where there is none. */
export function idsOf(request: EventsRequest): readonly (string | null)[] {
  return readEventsRequest(request).events.map(idOf)
}

function answer({ accepted, rounded, rejected }: IngestOutcome): HttpResponse {
  const [first] = rejected
  if (accepted > 0 || first === undefined)
    return json(202, { accepted, ...(rounded > 0 && { rounded }), rejected })
  // Many clients show nothing of a refusal but its detail.
  const which =
    rejected.length === 1 ? 'the event was rejected' : `all ${rejected.length} events were, the first`
  const detail = `${which} by ${first.code}: ${first.detail}`
  return problemResponse(new TributaryError('all_rejected', detail), { accepted, rejected })
}

function refusedForNow({ retryAfterSeconds: retryAfter, reason = '' }: IngestOutcome): TributaryError {
  const detail = `${refusalText(reason)}. Some events were refused for now; send the events listed in "retry" again`
  return new TributaryError('overloaded', detail, { retryAfter })
}

function refusal(
  ids: readonly (string | null)[],
  { accepted, rejected, retry }: Pick<IngestOutcome, 'accepted' | 'rejected' | 'retry'>,
  failure: TributaryError,
): HttpResponse {
  return problemResponse(failure, {
    accepted,
    rejected,
    retry: retry.map(index => ({ index, id: ids[index] ?? null })),
  })
}

function idOf(event: unknown): string | null {
  const id = typeof event === 'object' && event !== null && 'id' in event ? event.id : undefined
  return typeof id === 'string' ? id : null
}
