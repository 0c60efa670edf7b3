import { TributaryError } from '../errors.ts'
import { parseJson, withoutMark } from '../json/json.ts'
import { readSentJson, type Texts } from '../json/sent-json.ts'
import { headerText } from './header-text.ts'
import { isJsonType } from './json-data.ts'
import { scanBatchIds, scanId } from './scan-ids.ts'

/** Most events of one request. */
export const MAX_EVENTS = 10_000

/** The parts of a request that decide its events. Header names are lower case. */
export type EventsRequest = {
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

/** The events of a request as parsed JSON, and the canonical texts of those that were sent so. */
export type SentEvents = { readonly events: readonly unknown[]; readonly texts: Texts }

export const BATCH = 'application/cloudevents-batch+json' as const
export const STRUCTURED = 'application/cloudevents+json' as const
const ACCEPTED =
  'send application/cloudevents+json, application/cloudevents-batch+json, or ce-* headers with application/json'

/**
 * Reads the events of a request by the CloudEvents HTTP binding 1.0: structured, batched or binary mode. What
 * each event is worth is decided later, one by one.
 *
 * @throws TributaryError `bad_request` (not JSON, not an array), `unsupported_media_type`, `too_large` (over
 * 10,000 events)
 */
export function readEventsRequest({ headers, body: sent }: EventsRequest): SentEvents {
  const body = withoutMark(sent)
  switch (modeOf(headers)) {
    case BATCH:
      return readBatch(body)
    case STRUCTURED:
      return readEvent(body)
    default:
      return { events: [readBinary(headers, body)], texts: [] }
  }
}

/**
 * The ids of the events of a request, by place; null where there is none. Nothing is parsed, so that it costs
 * little also where the request was refused since there is too much to do.
 *
 * @throws as `readEventsRequest`
 */
export function idsOfRequest({ headers, body }: EventsRequest): readonly (string | null)[] {
  switch (modeOf(headers)) {
    case BATCH:
      return scanBatchIds(withoutMark(body), MAX_EVENTS)
    case STRUCTURED:
      return [scanId(withoutMark(body))]
    default: {
      const id = headers['ce-id']
      return [id === undefined ? null : headerText('ce-id', id)]
    }
  }
}

/** Undefined: binary. */
function modeOf(headers: EventsRequest['headers']): typeof BATCH | typeof STRUCTURED | undefined {
  const contentType = headers['content-type'] ?? ''
  // The usual one, without parameters to look at.
  if (contentType === BATCH) return BATCH
  const [mediaType = '', ...parameters] = contentType.split(';')
  refuseOtherCharsets(parameters)
  const known = [BATCH, STRUCTURED].find(type => type === mediaType.trim().toLowerCase())
  if (known !== undefined || headers['ce-specversion'] !== undefined || headers['ce-id'] !== undefined)
    return known
  throw new TributaryError(
    'unsupported_media_type',
    `content type "${mediaType.slice(0, 100)}" carries no events; ${ACCEPTED}`,
  )
}

/** US-ASCII is UTF-8 as far as it goes. */
const CHARSETS: ReadonlySet<string> = new Set(['utf-8', 'utf8', 'us-ascii', 'ascii'])

function refuseOtherCharsets(parameters: readonly string[]): void {
  for (const parameter of parameters) {
    const [name, value = ''] = parameter.split('=')
    const charset = value.trim().replaceAll('"', '').toLowerCase()
    if (name?.trim().toLowerCase() === 'charset' && !CHARSETS.has(charset))
      throw new TributaryError(
        'unsupported_media_type',
        `charset "${charset.slice(0, 40)}" is not supported; send UTF-8`,
      )
  }
}

function readEvent(body: string): SentEvents {
  const { value, texts } = read(readSentJson, body)
  return { events: [value], texts: Array.isArray(value) ? [] : texts }
}

function readBatch(body: string): SentEvents {
  const { value: events, texts } = read(readSentJson, body)
  if (!Array.isArray(events))
    throw new TributaryError('bad_request', 'a batch is a JSON array of events; the body is not an array')
  if (events.length > MAX_EVENTS)
    throw new TributaryError(
      'too_large',
      `the batch has ${events.length} events; at most ${MAX_EVENTS} go in one request`,
    )
  return { events, texts }
}

function read<T>(parse: (text: string) => T, body: string): T {
  try {
    return parse(body)
  } catch (cause) {
    throw new TributaryError('bad_request', `the body is not JSON: ${reason(cause)}`, { cause })
  }
}

/** The parser's reason without the excerpt of the body that V8 adds: bodies hold sensitive fields. */
function reason(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause)
  return message
    .replace(/,? ?(?:\.\.\.)?"[\s\S]*"(?:\.\.\.)? is not valid JSON/, ' is not valid JSON')
    .slice(0, 120)
}

function readBinary(headers: EventsRequest['headers'], body: string): unknown {
  const [mediaType = ''] = (headers['content-type'] ?? '').split(';')
  // Data of no said type is JSON, as in an event without `datacontenttype`.
  if (mediaType.trim() !== '' && !isJsonType(mediaType))
    throw new TributaryError(
      'unsupported_media_type',
      `binary mode with data of type "${mediaType.slice(0, 100)}"; ${ACCEPTED}`,
    )
  const event: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith('ce-') || value === undefined) continue
    if (OF_THE_MESSAGE.has(name)) throw new TributaryError('bad_request', notInHeader(name))
    event[name.slice(3)] = headerText(name, value)
  }
  if (mediaType.trim() !== '') event['datacontenttype'] = headers['content-type']
  event['data'] = read(parseJson, body)
  return event
}

/** What binary mode has elsewhere, so that a header of it would be passed over. */
const OF_THE_MESSAGE: ReadonlySet<string> = new Set(['ce-data', 'ce-datacontenttype'])

function notInHeader(name: string): string {
  return `binary mode has no header ${name}: data is the body, and its type the content-type; leave it out`
}
