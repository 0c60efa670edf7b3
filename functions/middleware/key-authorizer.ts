import type {
  APIGatewayRequestAuthorizerEventV2,
  APIGatewaySimpleAuthorizerWithContextResult,
} from 'aws-lambda'
import { type Access, isExpired, SCOPES } from '../../core/access/access.ts'
import type { KeyRing } from '../../core/access/key-ring.ts'
import type { AuthorizerContext } from './gateway-authorisation.ts'
import { isBeacon, keyOutsideQuery } from './shown-key.ts'

export type AuthorizerDeps = {
  /** The keys as they are now; the driver decides how long it remembers them. */
  readonly keys: () => Promise<KeyRing>
  /** ms since 1970. */
  readonly now?: () => number
}

type Answer = APIGatewaySimpleAuthorizerWithContextResult<AuthorizerContext>

/** What is looked at of a request. */
type Asked = Partial<
  Pick<
    APIGatewayRequestAuthorizerEventV2,
    'headers' | 'routeKey' | 'queryStringParameters' | 'pathParameters'
  >
>

/**
 * The key authorizer of the HTTP API (payload 2.0, simple answers): a known key passes with what it may do,
 * which the function behind the route then looks at. A failure to read the keys is an error, never an answer:
 * API Gateway remembers answers.
 */
export function createHandler({ keys, now = Date.now }: AuthorizerDeps) {
  return async (event: Asked): Promise<Answer> => {
    const secret = secretOf(event)
    const ring = await keys()
    const access = secret === undefined ? undefined : ring.find(secret, now())
    if (access === undefined || isExpired(access, now()))
      return { isAuthorized: false, context: { scopes: '', access: '{}', key: '' } }
    const context = { scopes: plainScopes(access), access: JSON.stringify(access), key: access.name }
    return { isAuthorized: true, context }
  }
}

function secretOf({ routeKey = '', queryStringParameters, ...asked }: Asked): string | undefined {
  if (isBeacon({ routeKey })) return queryStringParameters?.['key']
  return keyOutsideQuery({ routeKey, ...asked } as Parameters<typeof keyOutsideQuery>[0])
}

/** A scope with limits is not among them: who reads these texts looks at no limits. */
function plainScopes({ write, read, isAdmin, isBrowser, where, expires, rate, events }: Access): string {
  if ([where, expires, rate, events].some(limit => limit !== undefined)) return ''
  if (isAdmin) return SCOPES.join(' ')
  const plain = [...(write === 'all' ? ['write'] : []), ...(read === 'all' ? ['read'] : [])]
  return [...plain, ...(isBrowser && plain.length > 0 ? ['browser'] : [])].join(' ')
}
