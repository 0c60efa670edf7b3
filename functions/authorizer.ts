import type {
  APIGatewayRequestAuthorizerEventV2,
  APIGatewaySimpleAuthorizerWithContextResult,
} from 'aws-lambda'
import { type KeyRing, SCOPES } from '../core/keys.ts'
import { bearerOf } from './middleware/authorise.ts'
import type { AuthorizerContext } from './middleware/gateway-authorisation.ts'

export type AuthorizerDeps = {
  /** The keys as they are now; the driver decides how long it remembers them. */
  readonly keys: () => Promise<KeyRing>
}

type Answer = APIGatewaySimpleAuthorizerWithContextResult<AuthorizerContext>

/**
 * The key authorizer of the HTTP API (payload 2.0, simple answers): a known key passes with its scopes, which
 * the function behind the route then asks for. A failure to read the keys is an error, never an answer: API
 * Gateway remembers answers.
 */
export function createHandler({ keys }: AuthorizerDeps) {
  return async (event: Pick<APIGatewayRequestAuthorizerEventV2, 'headers'>): Promise<Answer> => {
    const secret = bearerOf(event.headers?.['authorization'])
    const ring = await keys()
    const scopes = secret === undefined ? [] : SCOPES.filter(scope => ring.grant(secret, scope) === 'granted')
    return { isAuthorized: scopes.length > 0, context: { scopes: scopes.join(' ') } }
  }
}
