import { type Access, writableTypes } from '../core/access/access.ts'
import type { Pipeline } from '../core/declare/pipeline.ts'
import { doorOf } from '../core/doors/table.ts'
import { TributaryError } from '../core/errors.ts'
import { beaconRequest } from '../core/event/beacon.ts'
import { type EventsRequest, idsOfRequest, readEventsRequest } from '../core/event/cloudevents-http.ts'
import { refusalText } from '../core/refusals.ts'
import type { Allow } from '../steps/allow.ts'
import type { Admit, Ingest } from '../steps/ingest.ts'
import type { IngestOutcome } from '../steps/ingest-outcome.ts'
import { limitTypes } from '../steps/limit-types.ts'
import { answerOf as answerOfDoor, mappingsOf, throughDoor, withRefusals } from './doors/open-door.ts'
import { comparedFor, toldOf } from './intake/told.ts'
import { firstDeliverable, isDeliverable } from './middleware/deliverable.ts'
import { type HttpDeps, type HttpEvent, type HttpResponse, json } from './middleware/http.ts'
import type { Work } from './middleware/http-function.ts'
import { problemResponse } from './middleware/problem.ts'
import { isBeacon, shownKey } from './middleware/shown-key.ts'

/**
 * Who sends a request: what it is counted with where many wait; `from`: whose events are compared with each
 * other, where they are with those of other requests.
 */
export type Sender = { readonly key: string; readonly address: string; readonly from?: string | undefined }

/**
 * Takes in the events of a request. `admit`: what its sender's limits make of them, where it has some.
 *
 * @throws (the intake) TributaryError `bad_request`, `unsupported_media_type`, `too_large`; of ingest
 */
export type Intake = (request: EventsRequest, sender: Sender, admit?: Admit) => Promise<IngestOutcome>

/** Takes events in: 202 once durable, 422 when all were rejected, 503 with what to send again. */
export function createHandler({ ingest, ...deps }: IntakeDeps & { readonly ingest: Ingest }): Work {
  return createIntakeHandler(deps, intakeOf(ingest))
}

type IntakeDeps = Pick<HttpDeps, 'allow' | 'report'> & {
  /** Whose sources say what the items of doors become. */
  readonly pipeline: Pick<Pipeline, 'sources'>
}

/** The same for events that are taken in by other means than one step. */
export function createIntakeHandler({ allow, report, pipeline }: IntakeDeps, intake: Intake): Work {
  const mappings = mappingsOf(pipeline)
  return async (event, access) => {
    const row = doorOf(event.routeKey)
    const through = row && throughDoor(row, event, mappings)
    const request = through?.request ?? eventsRequestOf(event)
    const limits = admissionOf(access, allow)
    const admit = through === undefined ? limits : withRefusals(through, limits)
    try {
      const outcome = await intake(request, { ...senderOf(event), from: comparedFor(access) }, admit)
      if (outcome.retry.length === 0)
        return through === undefined ? answer(outcome) : answerOfDoor(row!, through, outcome)
      const refused = refusedForNow(outcome)
      report(refused, event.routeKey)
      return refusal(idsOfRequest(request), outcome, refused, toldOf(outcome))
    } catch (cause) {
      if (!(cause instanceof TributaryError) || !cause.retryable) throw cause
      // A sender that sends too much is no failure of the platform's.
      if (cause.status >= 500) report(cause, event.routeKey)
      // What became of each event is unknown: sending all again is safe, an id counts once.
      const ids = idsOfRequest(request)
      return refusal(ids, { accepted: 0, rejected: [], retry: [...ids.keys()] }, cause)
    }
  }
}

/** Reads requests and takes their events in where it is called. */
export function intakeOf(ingest: Ingest): Intake {
  return (request, { from }, admit) => {
    const { events, texts } = readEventsRequest(request)
    return ingest(events, texts, admit, from)
  }
}

/** The parts of a call that say which events it has. */
export function eventsRequestOf(event: HttpEvent): EventsRequest {
  const { headers, body = '' } = event
  const request = { headers, body }
  return isBeacon(event) ? beaconRequest(request) : request
}

/** Who sends a call, as fair turns know it. */
export function senderOf(event: HttpEvent): Sender {
  return { key: shownKey(event) ?? '', address: event.requestContext.http.sourceIp }
}

/** Nearly every key has no limits, and pays nothing for those of others. */
function admissionOf(access: Access, allow: Allow): Admit | undefined {
  if (writableTypes(access) === 'all' && access.events === undefined) return undefined
  return async judged => {
    await allow.events(access, judged.accepted.length + judged.rejections.length)
    return limitTypes(judged, access)
  }
}

type Rejected = IngestOutcome['rejected']

/**
 * An answer with the list of what was rejected, shorter where it would not be delivered: the events are
 * stored, and a sender that is told so not would send them again. Positions and codes are always in it.
 */
function listing(rejected: Rejected, answer: (listed: Rejected) => HttpResponse): HttpResponse {
  const whole = answer(rejected)
  if (isDeliverable(whole)) return whole
  return firstDeliverable(SHORTENED.values().map(shortened => answer(rejected.map(shortened))))
}

const SHORTENED: readonly ((one: Rejected[number]) => Rejected[number])[] = [
  one => ({ ...one, detail: LEFT_OUT }),
  one => ({ ...one, detail: LEFT_OUT, id: null }),
]

const LEFT_OUT = 'left out: the answer would be too long; send fewer events at once'

function answer(outcome: IngestOutcome): HttpResponse {
  return listing(outcome.rejected, rejected => answerOf({ ...outcome, rejected }))
}

function answerOf(outcome: IngestOutcome): HttpResponse {
  const { accepted, rounded, rejected } = outcome
  const [first] = rejected
  if (accepted > 0 || first === undefined)
    return json(202, { accepted, ...(rounded > 0 && { rounded }), ...toldOf(outcome), rejected })
  // Many clients show nothing of a refusal but its detail.
  const which =
    rejected.length === 1 ? 'the event was rejected' : `all ${rejected.length} events were, the first`
  const detail = `${which} by ${first.code}: ${first.detail}`
  return problemResponse(new TributaryError('all_rejected', detail), { accepted, rejected })
}

/** What a sender is told of events that it has to send again. */
export function refusedForNow({
  retryAfterSeconds: retryAfter,
  reason = '',
  unkept,
}: IngestOutcome): TributaryError {
  const detail = `${refusalText(reason)}. Some events were refused for now; send the events listed in "retry" again`
  const cause = unkept === undefined ? undefined : new TributaryError('storage_failed', unkept)
  return new TributaryError('overloaded', detail, { retryAfter, cause })
}

function refusal(
  ids: readonly (string | null)[],
  { accepted, rejected, retry }: Pick<IngestOutcome, 'accepted' | 'rejected' | 'retry'>,
  failure: TributaryError,
  told: object = {},
): HttpResponse {
  return listing(rejected, listed =>
    firstDeliverable(
      [ids, []].map(known =>
        problemResponse(failure, {
          ...{ accepted, ...told, rejected: listed },
          retry: retry.map(index => ({ index, id: known[index] ?? null })),
        }),
      ),
    ),
  )
}
