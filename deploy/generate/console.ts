import { SECURITY_HEADERS } from '../../core/api/console-page.ts'
import { ROUTES } from '../../functions/table.ts'
import { type Resources, STACK, type Value } from './cloudformation.ts'

/** A year. */
const HTTPS_ALONE_S = 31_536_000

const {
  'content-security-policy': contentSecurityPolicy,
  'referrer-policy': referrerPolicy,
  'x-frame-options': frameOption,
  'x-content-type-options': _nosniff,
  ...others
} = SECURITY_HEADERS

const always = { Override: true } as const

/**
 * The headers that CloudFront puts on every file of the console: those of one machine, and that a browser
 * comes by https alone from then on. CloudFront has properties of their own for some, and takes the others as
 * they are.
 */
export const CONSOLE_HEADERS: Resources = {
  ConsoleHeaders: {
    Type: 'AWS::CloudFront::ResponseHeadersPolicy',
    Condition: 'WithConsole',
    Properties: {
      ResponseHeadersPolicyConfig: {
        Name: `${STACK}-console`,
        SecurityHeadersConfig: {
          ContentSecurityPolicy: { ContentSecurityPolicy: contentSecurityPolicy, ...always },
          ContentTypeOptions: always,
          FrameOptions: { FrameOption: frameOption, ...always },
          ReferrerPolicy: { ReferrerPolicy: referrerPolicy, ...always },
          StrictTransportSecurity: { AccessControlMaxAgeSec: HTTPS_ALONE_S, ...always },
        },
        CustomHeadersConfig: {
          Items: Object.entries(others).map(([Header, Value]) => ({ Header, Value, ...always })),
        },
      },
    },
  },
}

/**
 * Addresses that the HTTP API answers, and no file: all of its version, and each call without one. A call
 * that is not there on AWS is asked of the API, too, which says so.
 */
export function callPatterns(): readonly string[] {
  const paths = Object.keys(ROUTES).map(key => key.split(' ')[1]!)
  return [
    ...new Set(paths.map(path => (path.startsWith('/v1/') ? '/v1/*' : path.replaceAll(/\{\w+\}/g, '*')))),
  ].sort()
}

/**
 * How CloudFront hands calls on: whole, but for the name of the host, by which API Gateway tells APIs apart;
 * and nothing of them is kept. A call without TLS is refused rather than led elsewhere: its key has been sent
 * in the clear, which has to be noticed.
 */
export const CONSOLE_CALLS: Value = callPatterns().map(PathPattern => ({
  PathPattern,
  TargetOriginId: 'api',
  ViewerProtocolPolicy: 'https-only',
  AllowedMethods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'POST', 'PATCH', 'DELETE'],
  CachedMethods: ['GET', 'HEAD'],
  Compress: false,
  // CachingDisabled and AllViewerExceptHostHeader of AWS.
  CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
  OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
}))
