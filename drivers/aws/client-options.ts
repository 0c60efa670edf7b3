import { NodeHttpHandler } from '@smithy/node-http-handler'

const CONNECTION_TIMEOUT_MS = 2_000
/** Of one call; drivers set shorter ones where somebody waits. */
const REQUEST_TIMEOUT_MS = 30_000

/**
 * Options of every client. `maxAttempts: 1` as the drivers repeat what may be repeated, in the time they
 * have. HTTP/1.1 for all of them: a function makes few calls at a time, and HTTP/2, the default of Kinesis,
 * takes longer to connect.
 */
export function clientOptions() {
  return {
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
    }),
  }
}

/** Told of every client that is made, such as a tracer; to be filled before the first one is. */
export const instruments: ((client: object) => void)[] = []

/** A client that has gone through the instruments. */
export function instrumented<C extends object>(client: C): C {
  for (const instrument of instruments) instrument(client)
  return client
}
