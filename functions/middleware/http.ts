import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import type { TributaryError } from '../../core/errors.ts'
import type { Allow } from '../../steps/allow.ts'
import type { Outlet } from '../../steps/follow/connection.ts'
import type { Audit } from './audit.ts'
import type { Authorise } from './authorise.ts'

export type HttpEvent = APIGatewayProxyEventV2
export type HttpResponse = APIGatewayProxyStructuredResultV2 & {
  /** In place of a body, on one machine: is given where events go for as long as somebody reads. */
  readonly events?: (outlet: Outlet) => void
}

/** Who waits for an answer, where that can be known: on one machine. */
export type Waiting = {
  /** Calls once where the caller goes away before its answer is out. */
  readonly whenGone: (tell: () => void) => void
}

/** A handler of the HTTP API, payload format 2.0, that always resolves. */
export type HttpHandler = (event: HttpEvent, waiting?: Waiting) => Promise<HttpResponse>

/** What every handler of the HTTP API needs. */
export type HttpDeps = {
  readonly authorise: Authorise
  /** Counts what keys with a rate or a quota do. */
  readonly allow: Allow
  /** Keeps who used an admin's rights, and how. */
  readonly audit: Audit
  /** Longest body of a request as it is sent, bytes; `MAX_BODY` where it is not given. */
  readonly longestBody?: number
  /** Is told every failure with a 5xx status; writes the log and counts. Must not throw. */
  readonly report: (failure: TributaryError, route: string) => void
}

/** Headers of server-sent events. */
export const EVENT_STREAM = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  // Proxies such as nginx would keep events until they have a buffer full of them.
  'x-accel-buffering': 'no',
} as const

const JSON_HEADERS = { 'content-type': 'application/json' } as const

/** A JSON answer. */
export function json(statusCode: number, value: unknown): HttpResponse {
  return { statusCode, headers: JSON_HEADERS, body: JSON.stringify(value) }
}

/** An answer of JSON that is written already. */
export function jsonText(body: string): HttpResponse {
  return { statusCode: 200, headers: JSON_HEADERS, body }
}
