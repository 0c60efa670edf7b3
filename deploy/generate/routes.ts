import type { Route } from '../../core/api/route.ts'
import { withHead } from '../../functions/middleware/head.ts'
import { ROUTES } from '../../functions/table.ts'
import { arn, nagReason, pascal, type Resource, type Resources, ref, type Value } from './cloudformation.ts'
import { calledOf } from './rollout.ts'

/**
 * Who is let in: `page` by a key in the query; `client` by one in the path or a header of its own; `writer`
 * by a key; `caller` by a token where an issuer is set, else by a key; `anyone`.
 */
type Audience = 'page' | 'client' | 'writer' | 'caller' | 'anyone'

function audienceOf({
  scope,
  isKeyInAddress,
  keyAt,
}: Pick<Route, 'scope' | 'isKeyInAddress' | 'keyAt'>): Audience {
  if (scope === undefined) return 'anyone'
  if (isKeyInAddress) return 'page'
  if (keyAt === 'path' || keyAt === 'writeKey') return 'client'
  return scope === 'write' ? 'writer' : 'caller'
}

const EITHER = 'It has an authorizer either way; the checker cannot read which one the condition chooses.'
const PUBLIC = 'Says only whether the platform works, or what its API is; a monitor has no key.'

/** The integration of a function, the permission to call it, and its routes. */
export function routesOf(name: string): Resources {
  const id = pascal(name)
  const routes = Object.entries(ROUTES).filter(([, route]) => route.function === name)
  const integration: Resource = {
    Type: 'AWS::ApiGatewayV2::Integration',
    Properties: {
      ApiId: ref('HttpApi'),
      IntegrationType: 'AWS_PROXY',
      IntegrationUri: calledOf(name),
      PayloadFormatVersion: '2.0',
      TimeoutInMillis: 30_000,
    },
  }
  const permission: Resource = {
    Type: 'AWS::Lambda::Permission',
    Properties: {
      FunctionName: calledOf(name),
      Action: 'lambda:InvokeFunction',
      Principal: 'apigateway.amazonaws.com',
      SourceArn: arn('execute-api', `\${HttpApi}/*`),
    },
  }
  return {
    [`${id}Integration`]: integration,
    [`${id}ApiPermission`]: permission,
    ...Object.fromEntries(
      routes.flatMap(([key, row]) =>
        withHead([key]).map(one => [`Route${pascal(one)}`, route(one, audienceOf(row), `${id}Integration`)]),
      ),
    ),
  }
}

function route(key: string, audience: Audience, integration: string): Resource {
  const properties = {
    ApiId: ref('HttpApi'),
    RouteKey: key,
    Target: { 'Fn::Join': ['/', ['integrations', ref(integration)]] },
    ...AUTHORIZATION[audience],
  }
  if (audience !== 'caller' && audience !== 'anyone')
    return { Type: 'AWS::ApiGatewayV2::Route', Properties: properties }
  return { Type: 'AWS::ApiGatewayV2::Route', Metadata: reasonOf(audience), Properties: properties }
}

/** Why checkers that look for an authorizer find none. */
function reasonOf(audience: 'caller' | 'anyone'): NonNullable<Resource['Metadata']> {
  if (audience === 'caller') return nagReason('AwsSolutions-APIG4', EITHER)
  return {
    ...nagReason('AwsSolutions-APIG4', PUBLIC),
    checkov: { skip: [{ id: 'CKV_AWS_309', comment: PUBLIC }] },
  }
}

const KEYS = { AuthorizationType: 'CUSTOM', AuthorizerId: ref('KeyAuthorizer') }

const PAGES = { AuthorizationType: 'CUSTOM', AuthorizerId: ref('PageAuthorizer') }

const CLIENTS = { AuthorizationType: 'CUSTOM', AuthorizerId: ref('ClientAuthorizer') }

const AUTHORIZATION: Readonly<Record<Audience, Readonly<Record<string, Value>>>> = {
  page: PAGES,
  client: CLIENTS,
  writer: KEYS,
  caller: {
    AuthorizationType: { 'Fn::If': ['WithIssuer', 'JWT', 'CUSTOM'] },
    AuthorizerId: { 'Fn::If': ['WithIssuer', ref('TokenAuthorizer'), ref('KeyAuthorizer')] },
  },
  anyone: { AuthorizationType: 'NONE' },
}
