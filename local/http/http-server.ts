import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { TributaryError, toTributaryError } from '../../core/errors.ts'
import { MAX_BODY } from '../../functions/middleware/body.ts'
import { getForHead, withHead } from '../../functions/middleware/head.ts'
import type { HttpDeps, HttpHandler, HttpResponse } from '../../functions/middleware/http.ts'
import { outOfTime } from '../../functions/middleware/in-time.ts'
import { failureResponse, problemResponse } from '../../functions/middleware/problem.ts'
import { answerClientError } from './client-error.ts'
import { ABORTED, type BodyBudget, readBody, release } from './http-body.ts'
import { createDeadlines, type Deadlines, type Flight } from './http-deadlines.ts'
import { httpEvent, type Target } from './http-event.ts'
import { writeResponse } from './http-response.ts'
import { compileRouter, type Router, type Routes } from './http-router.ts'

export type HttpServerOptions = {
  readonly routes: Routes
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  readonly report: HttpDeps['report']
  /**
   * Is told of every answer: the route's key (`none` where no route matches), its status, and how long it
   * took.
   */
  readonly onAnswer?: (route: string, status: number, ms: number) => void
  readonly limits?: Partial<HttpLimits>
}

/** Bounds of the server; times in ms, sizes in bytes. */
export type HttpLimits = {
  readonly body: number
  /** All request bodies in flight together. */
  readonly bodiesInFlight: number
  readonly headers: number
  readonly headersTime: number
  readonly requestTime: number
  readonly keepAliveTime: number
  readonly drainTime: number
  readonly connections: number
}

/** Body and request time are API Gateway's: 10 MB, 30 s. */
const LIMITS: HttpLimits = {
  body: MAX_BODY,
  bodiesInFlight: 256 * 1024 * 1024,
  headers: 16 * 1024,
  headersTime: 10_000,
  requestTime: 30_000,
  keepAliveTime: 65_000,
  drainTime: 10_000,
  connections: 10_000,
}

/** Requests are answered this long before their time is over, as on AWS. */
const MARGIN_MS = 500

/** How often node:http looks for connections that are over their time. */
const CHECK_INTERVAL_MS = 1000

/** A running server. */
export type HttpServer = {
  readonly port: number
  readonly url: string
  /** Accepts nothing new, finishes what is in flight (at most `drainTime`), then closes every connection. */
  close(): Promise<void>
}

type Serving = {
  readonly router: Router
  readonly limits: HttpLimits
  readonly budget: BodyBudget
  readonly deadlines: Deadlines
  readonly report: HttpDeps['report']
  readonly onAnswer: HttpServerOptions['onAnswer']
  isClosing: boolean
}

/**
 * Serves Lambda handlers over node:http, as API Gateway's HTTP API would.
 *
 * @throws TributaryError `invalid_setting` when the address cannot be bound
 */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const limits = { ...LIMITS, ...options.limits }
  const budget = { limit: limits.bodiesInFlight, used: 0 }
  const serving: Serving = {
    router: compileRouter(options.routes),
    limits,
    budget,
    deadlines: createDeadlines(Math.max(0, limits.requestTime - MARGIN_MS)),
    report: options.report,
    onAnswer: options.onAnswer,
    isClosing: false,
  }
  const server = createServer({
    headersTimeout: limits.headersTime,
    requestTimeout: limits.requestTime,
    keepAliveTimeout: limits.keepAliveTime,
    connectionsCheckingInterval: CHECK_INTERVAL_MS,
    maxHeaderSize: limits.headers,
    joinDuplicateHeaders: true,
    // It is refused here, with a reason.
    requireHostHeader: false,
  })
  server.maxConnections = limits.connections
  server.on('request', (request, response) => void serve(serving, request, response))
  // An expectation that nobody knows may be passed over (RFC 9110, 10.1.1); node:http would answer with no
  // body.
  server.on('checkExpectation', (request, response) => void serve(serving, request, response))
  server.on('clientError', (error, socket) => answerClientError(error, socket as Socket, limits.headers))
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    // A body that will be refused for its length is not asked for.
    if (Number(request.headers['content-length'] ?? 0) <= limits.body) response.writeContinue()
    void serve(serving, request, response)
  })
  await listen(server, options.host, options.port)
  const { port } = server.address() as AddressInfo
  const host = options.host.includes(':') ? `[${options.host}]` : options.host
  return { port, url: `http://${host}:${port}`, close: () => drain(server, serving) }
}

/** Never rejects: every failure becomes an answer, or a closed connection. */
async function serve(serving: Serving, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { limits, budget, deadlines, report } = serving
  const held = { bytes: 0 }
  const since = performance.now()
  let flight: Flight | undefined
  let route = 'none'
  try {
    const target = targetOf(serving, request)
    if (!('handler' in target)) return answer(serving, request, response, target)
    route = target.routeKey
    const body = await readBody(request, limits.body, budget, held)
    if (body === ABORTED) return
    const late = () => failureResponse(outOfTime(), report, target.routeKey)
    flight = deadlines.begin(() => answer(serving, request, response, late()))
    answer(serving, request, response, await target.handler(httpEvent(request, target, body)))
  } catch (error) {
    answer(serving, request, response, failureResponse(error, report, nameOf(request)))
  } finally {
    if (flight !== undefined) deadlines.end(flight)
    release(budget, held)
    if (response.headersSent) serving.onAnswer?.(route, response.statusCode, performance.now() - since)
  }
}

type Answerable = Target & { readonly handler: HttpHandler }

/** Where a request goes, or why nowhere. */
function targetOf({ router }: Serving, request: IncomingMessage): Answerable | HttpResponse {
  const { method = 'GET', headers, httpVersionMinor } = request
  if (headers.host === undefined && httpVersionMinor > 0)
    return problemResponse(new TributaryError('bad_request', 'HTTP/1.1 requires the header host; send it'))
  const url = originForm(request.url ?? '/')
  const mark = url.indexOf('?')
  const path = mark < 0 ? url : url.slice(0, mark)
  const match = router(getForHead(method), path)
  if ('allow' in match) return refusal(method, path, withHead(match.allow))
  return { ...match, path, query: mark < 0 ? '' : url.slice(mark + 1) }
}

/** A target as proxies send it, scheme and host in front, is the one behind these (RFC 9112, 3.2.2). */
function originForm(target: string): string {
  if (target.startsWith('/')) return target
  const rest = /^https?:\/\/[^/?#]*(.*)$/is.exec(target)?.[1]
  if (rest === undefined) return target
  return rest.startsWith('/') ? rest : `/${rest}`
}

/** Writes an answer, unless there has been one or nobody waits for it. */
function answer(
  serving: Serving,
  request: IncomingMessage,
  response: ServerResponse,
  what: HttpResponse,
): void {
  if (response.destroyed || response.writableEnded) return
  // A body that was announced by Expect and refused never comes: nothing can follow on this connection.
  if (serving.isClosing || (!request.complete && request.headers.expect !== undefined))
    response.shouldKeepAlive = false
  try {
    writeResponse(response, what)
  } catch (error) {
    serving.report(toTributaryError(error), nameOf(request))
    response.destroy()
  }
}

function nameOf({ method, url }: IncomingMessage): string {
  return `${method} ${url?.split('?')[0]}`
}

function refusal(method: string, path: string, allow: readonly string[]): HttpResponse {
  if (allow.length === 0)
    return problemResponse(
      new TributaryError('not_found', `nothing is at ${path.slice(0, 200)}; see /openapi.json`),
    )
  const detail = `${path.slice(0, 200)} does not answer to ${method}; use ${allow.join(', ')}`
  const answer = problemResponse(new TributaryError('method_not_allowed', detail))
  return { ...answer, headers: { ...answer.headers, allow: allow.join(', ') } }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', cause =>
      reject(
        new TributaryError(
          'invalid_setting',
          `cannot listen on ${host}:${port}; choose another HOST or PORT`,
          {
            cause,
          },
        ),
      ),
    )
    server.listen(port, host, resolve)
  })
}

function drain(server: Server, serving: Serving): Promise<void> {
  serving.isClosing = true
  return new Promise(resolve => {
    const deadline = setTimeout(() => server.closeAllConnections(), serving.limits.drainTime)
    server.close(() => {
      clearTimeout(deadline)
      serving.deadlines.stop()
      resolve()
    })
  })
}
