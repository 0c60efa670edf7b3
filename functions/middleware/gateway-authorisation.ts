import { TributaryError } from '../../core/errors.ts'
import { type Authorise, keyInAddress } from './authorise.ts'
import type { HttpEvent } from './http.ts'
import { NO_PAGES, type OriginRule, requireOrigin } from './origin-rule.ts'
import { isBeacon } from './shown-key.ts'

/**
 * What the key authorizer tells the functions behind it: granted scopes, separated by spaces, and `browser`
 * with those of a browser's key.
 */
export type AuthorizerContext = { readonly scopes: string }

/**
 * By what API Gateway has found out before it called the function: the scopes of the key authorizer, or the
 * `scope` claim of a verified JWT (RFC 8693 section 4.2), where `tributary/read` grants what `read` does.
 * `admin` grants everything.
 */
export function createGatewayAuthorisation(pages: OriginRule = NO_PAGES): Authorise {
  return (event, scope) => {
    const granted = scopesOf(event)
    if (granted === undefined)
      throw new TributaryError('unauthenticated', 'send the header Authorization: Bearer <key or token>')
    const isBrowser = granted.includes(BROWSER)
    if (isBeacon(event) && !isBrowser) throw keyInAddress()
    if (!granted.includes(scope) && !granted.includes('admin'))
      throw new TributaryError('forbidden', `this call needs the scope ${scope}`)
    // The authorizer's answer is remembered, whatever page it was asked for.
    if (isBrowser) requireOrigin(pages, event.headers['origin'])
  }
}

/** Said of a browser's key beside its scope. */
export const BROWSER = 'browser'

/** API Gateway's own context; the type of a plain event leaves it out. */
type WithAuthorizer = {
  readonly authorizer?: {
    readonly lambda?: Partial<AuthorizerContext> | null
    readonly jwt?: { readonly claims: Readonly<Record<string, unknown>> }
  }
}

/** The resource under which an issuer may name our scopes. */
const RESOURCE = 'tributary/'

function scopesOf(event: HttpEvent): readonly string[] | undefined {
  const { authorizer } = event.requestContext as WithAuthorizer
  const text = authorizer?.jwt === undefined ? authorizer?.lambda?.scopes : authorizer.jwt.claims['scope']
  if (authorizer === undefined || (text === undefined && authorizer.jwt === undefined)) return undefined
  // Amazon Cognito always puts the resource's name before a scope. Those of another resource are not for us.
  return String(text ?? '')
    .split(' ')
    .map(name => (name.startsWith(RESOURCE) ? name.slice(RESOURCE.length) : name))
}
