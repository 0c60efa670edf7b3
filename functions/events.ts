import { type Access, isAmong, readableTypes, readsAll } from '../core/access/access.ts'
import { isOfRows } from '../core/access/event-access.ts'
import { formatInstant } from '../core/data/time.ts'
import type { Pipeline } from '../core/declare/pipeline.ts'
import { TributaryError } from '../core/errors.ts'
import type { FollowEvent } from '../steps/events/journey.ts'
import { type HttpEvent, type HttpResponse, json } from './middleware/http.ts'
import type { Work } from './middleware/http-function.ts'
import { instantOf, queryOf, single } from './middleware/query-string.ts'
import { shownJourney } from './query/journey.ts'

export type EventsDeps = {
  readonly pipeline: Pick<Pipeline, 'latest'>
  readonly followEvent: FollowEvent
}

/** GET /v1/events/{id}. */
export function createHandler(deps: EventsDeps): Work {
  return (event, access) => journey(deps, event, access)
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
