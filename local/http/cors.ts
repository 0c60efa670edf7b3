import type { IncomingMessage } from 'node:http'
import { allowsOrigin } from '../../core/origins.ts'
import type { HttpResponse } from '../../functions/middleware/http.ts'
import type { OriginRule } from '../../functions/middleware/origin-rule.ts'
import { problemResponse } from '../../functions/middleware/problem.ts'

type Headers = Readonly<Record<string, string>>

/**
 * What lets pages of other origins use the API, by the Fetch standard's "CORS protocol". On AWS API Gateway
 * says it (resources/api.yml).
 */
export type Cors = {
  /** Headers of an answer to a page of this origin; undefined: to whoever is no page. */
  headersFor(origin: string | undefined): Headers
  /** The answer to a preflight for an address that answers to methods. */
  preflight(request: IncomingMessage, methods: readonly string[]): HttpResponse
}

const NONE: Headers = {}

/** What a page may read of an answer beside its type and length. */
const EXPOSED = 'etag, retry-after, www-authenticate, allow, ratelimit, ratelimit-policy'

/** What a page may send; an asterisk stands for all but `authorization`. */
const TAKEN = 'authorization, content-type, content-encoding, *'

/** As long as browsers remember at most. */
const REMEMBERED_SECONDS = '7200'

export function createCors(rule: OriginRule): Cors {
  const { origins } = rule
  const isAny = origins === '*'
  // A cache must not give one page the answer to another.
  const vary: Headers = isAny || origins.length === 0 ? NONE : { vary: 'origin' }
  const headersFor = (origin: string | undefined): Headers => {
    if (origin === undefined || !allowsOrigin(origins, origin)) return vary
    const allowed = isAny ? '*' : origin
    return {
      ...vary,
      'access-control-allow-origin': allowed,
      'access-control-expose-headers': EXPOSED,
    }
  }
  return {
    headersFor,
    preflight({ headers }, methods) {
      const origin = headers.origin ?? ''
      if (!allowsOrigin(origins, origin)) return problemResponse(rule.refuse(origin))
      const asksForPrivate = headers['access-control-request-private-network'] === 'true'
      return {
        statusCode: 204,
        headers: {
          'access-control-allow-methods': methods.join(', '),
          'access-control-allow-headers': TAKEN,
          'access-control-max-age': REMEMBERED_SECONDS,
          // A page of the web asks before it calls a machine of its own network.
          ...(asksForPrivate && { 'access-control-allow-private-network': 'true' }),
        },
      }
    },
  }
}

/** Is it a browser's question whether a page may send a request? */
export function isPreflight({ method, headers }: IncomingMessage): boolean {
  return (
    method === 'OPTIONS' &&
    headers.origin !== undefined &&
    headers['access-control-request-method'] !== undefined
  )
}
