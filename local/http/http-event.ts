import { isUtf8 } from 'node:buffer'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { TributaryError } from '../../core/errors.ts'
import type { HttpEvent } from '../../functions/middleware/http.ts'

/** Where a request goes: the route it matched and the parameters of its path. */
export type Target = {
  readonly routeKey: string
  readonly path: string
  readonly query: string
  readonly parameters: Record<string, string> | undefined
}

type EventHeaders = HttpEvent['headers']

let requests = 0
const RUN = Date.now().toString(36)

/**
 * A request as API Gateway's HTTP API hands it to Lambda, payload format 2.0
 * (docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html), without
 * its body, so that it can be judged before that is read.
 */
export function httpEvent(request: IncomingMessage, target: Target): HttpEvent {
  const { headers } = request
  const now = Date.now()
  const event: HttpEvent = {
    version: '2.0',
    routeKey: target.routeKey,
    rawPath: target.path,
    rawQueryString: target.query,
    headers: eventHeaders(headers),
    requestContext: {
      accountId: 'local',
      apiId: 'local',
      domainName: headers.host ?? '',
      domainPrefix: 'local',
      http: {
        method: request.method ?? 'GET',
        path: target.path,
        protocol: 'HTTP/1.1',
        sourceIp: request.socket.remoteAddress ?? '',
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: `${RUN}-${requests++}`,
      routeKey: target.routeKey,
      stage: '$default',
      time: requestTime(now),
      timeEpoch: now,
    },
    isBase64Encoded: false,
  }
  if (headers.cookie !== undefined) event.cookies = headers.cookie.split('; ')
  if (target.query !== '') event.queryStringParameters = joinedParameters(target.query)
  if (target.parameters !== undefined) event.pathParameters = target.parameters
  return event
}

/**
 * API Gateway moves cookies to their own list and joins repeated headers; node:http has joined all but set-
 * cookie.
 */
function eventHeaders(headers: IncomingHttpHeaders): EventHeaders {
  if (headers.cookie === undefined && headers['set-cookie'] === undefined) return headers as EventHeaders
  const { cookie: _, 'set-cookie': setCookie, ...rest } = headers
  const joined = rest as EventHeaders
  if (setCookie !== undefined) joined['set-cookie'] = setCookie.join(',')
  return joined
}

/**
 * Refuses an event of binary mode with an attribute in two headers: joined, they would be a value that nobody
 * sent, such as the id "one, two".
 *
 * @throws TributaryError `bad_request` naming the header
 */
export function refuseRepeatedAttributes({
  headers,
  rawHeaders,
}: Pick<IncomingMessage, 'headers' | 'rawHeaders'>): void {
  if (headers['ce-id'] === undefined && headers['ce-specversion'] === undefined) return
  // The attributes are in the body; headers are not read.
  if (headers['content-type']?.startsWith('application/cloudevents')) return
  const names = rawHeaders
    .filter((_, i) => i % 2 === 0)
    .map(name => name.toLowerCase())
    .filter(name => name.startsWith('ce-'))
  const twice = names.find((name, i) => names.indexOf(name) < i)
  if (twice !== undefined)
    throw new TributaryError('bad_request', `the header ${twice} is there twice; send each attribute once`)
}

const TEXT = /json|^text\//

/**
 * The event with the body of its request: of JSON types and text that are UTF-8 as text, everything else as
 * base64.
 */
export function withBody(
  event: HttpEvent,
  body: Buffer | undefined,
  headers: IncomingHttpHeaders,
): HttpEvent {
  if (body === undefined) return event
  const isText =
    headers['content-encoding'] === undefined && TEXT.test(headers['content-type'] ?? '') && isUtf8(body)
  event.isBase64Encoded = !isText
  event.body = body.toString(isText ? 'utf8' : 'base64')
  return event
}

/** Repeated parameters are joined by commas, as AWS does. */
function joinedParameters(query: string): Record<string, string> {
  const joined = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(query)) {
    const before = joined.get(name)
    joined.set(name, before === undefined ? value : `${before},${value}`)
  }
  return Object.fromEntries(joined)
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
let lastSecond = 0
let lastText = ''

/** `12/Mar/2020:19:03:58 +0000`; made once a second. */
function requestTime(now: number): string {
  const second = Math.floor(now / 1000)
  if (second === lastSecond) return lastText
  const [date = '', time = ''] = new Date(now).toISOString().split('T')
  const [year = '', month = '', day = ''] = date.split('-')
  lastSecond = second
  lastText = `${day}/${MONTHS[Number(month) - 1]}/${year}:${time.slice(0, 8)} +0000`
  return lastText
}
