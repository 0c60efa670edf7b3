import { type Access, isAmong, readableTypes, readsAll } from '../core/access/access.ts'
import { isOfRows } from '../core/access/event-access.ts'
import { formatInstant } from '../core/data/time.ts'
import type { Pipeline } from '../core/declare/pipeline.ts'
import { TributaryError } from '../core/errors.ts'
import { compileEventFilter } from '../core/events/event-filter.ts'
import type { FollowEvent } from '../steps/events/journey.ts'
import {
  isWantedRejection,
  type ListEvents,
  type Listed,
  type ListQuestion,
} from '../steps/events/list-events.ts'
import type { Tail } from '../steps/events/tail.ts'
import type { Authorise } from './middleware/authorise.ts'
import { EVENT_STREAM, type HttpEvent, type HttpResponse, json } from './middleware/http.ts'
import type { Work } from './middleware/http-function.ts'
import { instantOf, limitOf, queryOf, single } from './middleware/query-string.ts'
import { cursorOf, eventFilterOf, verdictOf } from './query/events-query.ts'
import { shownJourney } from './query/journey.ts'
import { shownListed } from './query/listed-event.ts'

export type EventsDeps = {
  readonly pipeline: Pick<Pipeline, 'latest'>
  readonly followEvent: FollowEvent
  readonly listEvents: ListEvents
  readonly tail: Pick<Tail, 'open'>
  readonly authorise: Authorise
}

/** GET /v1/events/{id}, GET /v1/events and GET /v1/events/stream. */
export function createHandler(deps: EventsDeps): Work {
  return (event, access) => {
    switch (event.routeKey) {
      case 'GET /v1/events':
        return list(deps, event, access)
      case 'GET /v1/events/stream':
        return stream(deps, event, access)
      default:
        return journey(deps, event, access)
    }
  }
}

async function list(deps: EventsDeps, event: HttpEvent, access: Access): Promise<HttpResponse> {
  const { pipeline, listEvents } = deps
  const query = queryOf(event)
  const found = await listEvents({
    ...eventFilterOf(pipeline, typesAsked(pipeline, access, single(query, 'type')), query, access),
    ...{ ...rangeOf(query), before: cursorOf(query), limit: limitOf(query, 50, 500) },
    ...{ verdict: verdictOf(query, access), withRejected: access.isAdmin === true },
  })
  return json(200, {
    events: found.events.map(one => shownListed(pipeline, one, access)),
    ...{ next: found.next ?? null, since: formatInstant(found.since) },
  })
}

function stream(deps: EventsDeps, event: HttpEvent, access: Access): HttpResponse {
  const { pipeline, tail, authorise } = deps
  const query = queryOf(event)
  const types = typesAsked(pipeline, access, single(query, 'type'))
  const filter = eventFilterOf(pipeline, types, query, access)
  const verdict = verdictOf(query, access)
  const isOfFilter = compileEventFilter(pipeline.latest, filter)
  const isWanted = (one: Listed): boolean => {
    if (one.kind === 'rejected')
      return access.isAdmin === true && isOf(one, verdict) && isWantedRejection(filter, one.rejection)
    return isOf(one, verdict) && isOfFilter(one.event)
  }
  const show = (one: Listed) => shownListed(pipeline, one, access)
  const attach = tail.open({ types, isWanted, show })
  const stillMay = () => void authorise(event, 'read')
  return { statusCode: 200, headers: EVENT_STREAM, events: outlet => attach({ outlet, stillMay }) }
}

function isOf(one: Listed, verdict: ListQuestion['verdict']): boolean {
  if (verdict === undefined) return true
  if (one.kind === 'rejected') return verdict === 'rejected'
  return verdict === (one.isCounted === false ? 'duplicate' : 'accepted')
}

async function journey(deps: EventsDeps, event: HttpEvent, access: Access): Promise<HttpResponse> {
  const id = event.pathParameters?.['id'] ?? ''
  const query = queryOf(event)
  const [type, source] = [single(query, 'type'), single(query, 'source')]
  const types = typesAsked(deps.pipeline, access, type)
  const found = await deps.followEvent({
    ...{ id, types, ...rangeOf(query), withRejected: !isOfRows(access) },
    ...(source !== undefined && { source }),
  })
  const rejected = found.rejected.filter(one => mayHearOf(access, one.type) && isOfType(one.type, type))
  const answer = shownJourney(id, types.length, { ...found, rejected }, access)
  if (answer.events.length + answer.rejected.length > 0) return json(200, answer)
  const range = `${formatInstant(found.since)} and ${formatInstant(found.until)}`
  throw new TributaryError(
    'not_found',
    `no event with the id "${id.slice(0, 100)}" was received between ${range}; since, until, type and source say where else to look`,
  )
}

const isOfType = (type: string | undefined, asked: string | undefined) =>
  asked === undefined || type === asked

/** Of an event without a readable type nobody can say whose it is. */
function mayHearOf(access: Access, type: string | undefined): boolean {
  return type === undefined ? readsAll(access) : isAmong(type, readableTypes(access))
}

/** Declared types that the caller may read, of which one may be asked for. */
export function typesAsked(
  { latest }: Pick<Pipeline, 'latest'>,
  access: Access,
  type: string | undefined,
): readonly string[] {
  const readable = [...latest.keys()].filter(one => isAmong(one, readableTypes(access)))
  return type === undefined ? readable : readable.filter(one => one === type)
}

/** @throws TributaryError `bad_request` */
export function rangeOf(query: URLSearchParams): { readonly since?: number; readonly until?: number } {
  const [since, until] = (['since', 'until'] as const).map(name => {
    const text = single(query, name)
    return text === undefined ? undefined : instantOf(text, name)
  })
  if (since !== undefined && until !== undefined && since > until)
    throw new TributaryError('bad_request', '"since" is after "until"; swap them')
  return { ...(since !== undefined && { since }), ...(until !== undefined && { until }) }
}
