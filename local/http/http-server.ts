import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { TributaryError, toTributaryError } from '../../core/errors.ts'
import type { HttpDeps, HttpEvent, HttpResponse, Waiting } from '../../functions/middleware/http.ts'
import { outOfTime } from '../../functions/middleware/in-time.ts'
import { NO_PAGES } from '../../functions/middleware/origin-rule.ts'
import { failureResponse } from '../../functions/middleware/problem.ts'
import { type BodyBudget, createBodyBudget, type Held } from './body-budget.ts'
import { answerClientError } from './client-error.ts'
import { type Cors, createCors } from './cors.ts'
import { writeEvents } from './event-stream.ts'
import { ABORTED, readBody } from './http-body.ts'
import { addressOf, type Connections, createConnections, tooManyConnections } from './http-connections.ts'
import { createDeadlines, type Deadlines, type Flight } from './http-deadlines.ts'
import { httpEvent, refuseRepeatedAttributes, withBody } from './http-event.ts'
import { HTTP_LIMITS, type HttpLimits } from './http-limits.ts'
import { writeResponse } from './http-response.ts'
import { compileRouter, type Router, type Routes } from './http-router.ts'
import { targetOf } from './http-target.ts'

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
  /**
   * Judges a request by its headers, before its body is read; answers who sends it: the key, or '' where none
   * is asked for. Throws `unauthenticated` or `forbidden`.
   */
  readonly admit?: Admit
  /** Which pages may call; none where it is not given. */
  readonly cors?: Cors
  readonly limits?: Partial<HttpLimits>
}

export type Admit = (event: HttpEvent) => string

/** Requests are answered this long before their time is over, as on AWS. */
const MARGIN_MS = 500

/** An answer of which the system has not taken so much at once is watched. */
const UNREAD_BYTES = 16 * 1024

/** The rest of a refused body is read up to this length. */
const DROPPED_BYTES = 1024 * 1024

/** Connections beyond the limit while those that have to end for them are ending. */
const ENDING = 100

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
  readonly connections: Connections
  readonly admit: Admit
  readonly cors: Cors
  readonly deadlines: Deadlines
  readonly lingering: Deadlines
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
  const limits = { ...HTTP_LIMITS, ...options.limits }
  const serving: Serving = {
    router: compileRouter(options.routes),
    limits,
    budget: createBodyBudget({ all: limits.bodiesInFlight, ofOne: limits.bodiesOfOne }),
    connections: createConnections({ all: limits.connections, freshOfOne: limits.freshConnections }, limit =>
      options.report(tooManyConnections(limit), 'connections'),
    ),
    admit: options.admit ?? (() => ''),
    cors: options.cors ?? createCors(NO_PAGES),
    deadlines: createDeadlines(Math.max(0, limits.requestTime - MARGIN_MS)),
    lingering: createDeadlines(limits.lingerTime),
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
  server.maxConnections = limits.connections + ENDING
  server.on('connection', serving.connections.opened)
  server.on('drop', () =>
    options.report(tooManyConnections(`${server.maxConnections} connections`), 'connections'),
  )
  server.on('request', (request, response) => void serve(serving, request, response))
  // An expectation that nobody knows may be passed over (RFC 9110, 10.1.1); node:http would answer with no
  // body.
  server.on('checkExpectation', (request, response) => void serve(serving, request, response))
  server.on('clientError', (error, socket) =>
    answerClientError(error, socket as Socket, limits.headers, serving.cors),
  )
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    void serve(serving, request, response, () => response.writeContinue())
  })
  await listen(server, options.host, options.port)
  const { port } = server.address() as AddressInfo
  const host = options.host.includes(':') ? `[${options.host}]` : options.host
  return { port, url: `http://${host}:${port}`, close: () => drain(server, serving) }
}

/** Never rejects: every failure becomes an answer, or a closed connection. */
async function serve(
  serving: Serving,
  request: IncomingMessage,
  response: ServerResponse,
  askForBody = () => {},
): Promise<void> {
  const { limits, budget, connections, deadlines, report } = serving
  const { socket } = request
  let held: Held | undefined
  const since = performance.now()
  let flight: Flight | undefined
  let route = 'none'
  try {
    const target = targetOf(serving.router, request, serving.cors)
    if (!('handler' in target)) return answer(serving, request, response, target)
    route = target.routeKey
    const event = httpEvent(request, target)
    const key = serving.admit(event)
    if (key !== '') connections.busy(socket)
    refuseRepeatedAttributes(request)
    // A body that will be refused for its length is not asked for.
    if (Number(request.headers['content-length'] ?? 0) <= limits.body) askForBody()
    const read = await readBody(request, limits, budget, `${key} ${addressOf(socket)}`)
    if (read === ABORTED) return
    held = read.held
    const late = () => failureResponse(outOfTime(), report, target.routeKey)
    flight = deadlines.begin(() => answer(serving, request, response, late()))
    const whole = withBody(event, read.body, request.headers)
    answer(serving, request, response, await target.handler(whole, waitingFor(response)))
  } catch (error) {
    answer(serving, request, response, failureResponse(error, report, nameOf(request)))
  } finally {
    if (flight !== undefined) deadlines.end(flight)
    if (held !== undefined) budget.release(held)
    // An answer that goes on is no connection on which nothing is asked.
    if (response.writableEnded || response.destroyed) connections.idle(socket)
    else response.once('close', () => connections.idle(socket))
    if (response.headersSent) serving.onAnswer?.(route, response.statusCode, performance.now() - since)
  }
}

/** The caller is gone where its connection ends before the answer is out. */
function waitingFor(response: ServerResponse): Waiting {
  return {
    whenGone: tell =>
      void response.once('close', () => {
        if (!response.writableFinished) tell()
      }),
  }
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
    const own = serving.cors.headersFor(request.headers.origin)
    if (what.events === undefined) writeResponse(response, what, own)
    else {
      writeEvents(response, what, own)
      return
    }
    if (!request.complete) linger(serving, request)
    if (response.writableLength > UNREAD_BYTES) waitForReader(serving, response)
  } catch (error) {
    serving.report(toTributaryError(error), nameOf(request))
    response.destroy()
  }
}

/**
 * The connection of a refused body stays for some time, so that its sender reads the answer. The rest of a
 * short body is taken and dropped; that of a long one is left with its sender.
 */
function linger(serving: Serving, request: IncomingMessage): void {
  const flight = serving.lingering.begin(() => request.socket.destroy())
  request.once('close', () => {
    serving.lingering.end(flight)
    if (serving.isClosing) request.socket.destroy()
  })
  if (Number(request.headers['content-length'] ?? Number.POSITIVE_INFINITY) <= DROPPED_BYTES)
    return void request.resume()
  request.pause()
  // A request of which nothing was read would be read to its end by node:http.
  request.read(0)
}

/** An answer that nobody reads is held for as long as a request may take. */
function waitForReader({ deadlines }: Serving, response: ServerResponse): void {
  const flight = deadlines.begin(() => response.destroy())
  response.once('close', () => deadlines.end(flight))
}

function nameOf({ method, url }: IncomingMessage): string {
  return `${method} ${url?.split('?')[0]}`
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
      serving.lingering.stop()
      serving.budget.stop()
      resolve()
    })
    serving.connections.endSilent()
  })
}
