import type {
  APIGatewayRequestAuthorizerEventV2,
  APIGatewaySimpleAuthorizerWithContextResult,
} from 'aws-lambda'
import { type KeyRing, SCOPES } from '../core/keys.ts'
import { type AuthorizerContext, BROWSER } from './middleware/gateway-authorisation.ts'
import { bearerOf, isBeacon } from './middleware/shown-key.ts'

export type AuthorizerDeps = {
  /** The keys as they are now; the driver decides how long it remembers them. */
  readonly keys: () => Promise<KeyRing>
}

type Answer = APIGatewaySimpleAuthorizerWithContextResult<AuthorizerContext>

/** What is looked at of a request. */
type Asked = Partial<
  Pick<APIGatewayRequestAuthorizerEventV2, 'headers' | 'routeKey' | 'queryStringParameters'>
>

/**
 * The key authorizer of the HTTP API (payload 2.0, simple answers): a known key passes with its scopes, which
 * the function behind the route then asks for. A failure to read the keys is an error, never an answer: API
 * Gateway remembers answers.
 */
export function createHandler({ keys }: AuthorizerDeps) {
  return async (event: Asked): Promise<Answer> => {
    const secret = secretOf(event)
    const ring = await keys()
    if (secret === undefined) return answer([])
    const scopes = SCOPES.filter(scope => ring.grant(secret, scope) === 'granted')
    return answer(ring.isBrowser(secret) ? [...scopes, BROWSER] : scopes)
  }
}

function secretOf({ headers, routeKey = '', queryStringParameters }: Asked): string | undefined {
  return isBeacon({ routeKey }) ? queryStringParameters?.['key'] : bearerOf(headers?.['authorization'])
}

function answer(scopes: readonly string[]): Answer {
  return { isAuthorized: scopes.length > 0, context: { scopes: scopes.join(' ') } }
}
