import { MAX_BODY } from '../../functions/middleware/body.ts'

/** Bounds of the server; times in ms, sizes in bytes. */
export type HttpLimits = {
  /** Of a request, as it is sent. */
  readonly body: number
  /** What a compressed one may inflate to. */
  readonly inflated: number
  /** All request bodies in flight together. */
  readonly bodiesInFlight: number
  /** Those of one key from one address. */
  readonly bodiesOfOne: number
  readonly headers: number
  readonly headersTime: number
  readonly requestTime: number
  readonly keepAliveTime: number
  readonly drainTime: number
  readonly connections: number
  /** Connections of one address that have not shown a key yet. */
  readonly freshConnections: number
  /** For a body that nobody reads any more, once its request has been refused. */
  readonly lingerTime: number
}

/** Body and request time are API Gateway's: 10 MB, 30 s. */
export const HTTP_LIMITS: HttpLimits = {
  body: MAX_BODY,
  inflated: MAX_BODY,
  bodiesInFlight: 256 * 1024 * 1024,
  bodiesOfOne: 64 * 1024 * 1024,
  headers: 16 * 1024,
  headersTime: 10_000,
  requestTime: 30_000,
  keepAliveTime: 65_000,
  drainTime: 10_000,
  connections: 10_000,
  freshConnections: 2500,
  lingerTime: 5000,
}
