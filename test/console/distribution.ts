import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { parse } from 'yaml'
import { consoleObjects } from '../../deploy/console/upload.ts'
import { HTTP_FUNCTIONS, ROUTES } from '../../functions/table.ts'

const RESOURCES = resolve(import.meta.dirname, '../../resources')

type Behavior = {
  readonly PathPattern?: string
  readonly TargetOriginId: string
  readonly AllowedMethods: readonly string[]
}

/** As CloudFormation has it (AWS::CloudFront::ResponseHeadersPolicy ResponseHeadersPolicyConfig). */
type Policy = {
  readonly SecurityHeadersConfig: {
    readonly ContentSecurityPolicy: { readonly ContentSecurityPolicy: string }
    readonly ContentTypeOptions: object
    readonly FrameOptions: { readonly FrameOption: string }
    readonly ReferrerPolicy: { readonly ReferrerPolicy: string }
    readonly StrictTransportSecurity: { readonly AccessControlMaxAgeSec: number }
  }
  readonly CustomHeadersConfig: {
    readonly Items: readonly { readonly Header: string; readonly Value: string }[]
  }
}

export type Distribution = { readonly url: string; close(): Promise<void> }

/**
 * A double of CloudFront that is made of the template: its behaviours decide which origin is asked, its
 * policy which headers a file has. Its bucket has what a deployment uploads; its HTTP API answers what API
 * Gateway has a route for, by the platform at `api`, and all else as API Gateway does.
 *
 * @param folder of the built console
 */
export async function startDistribution(folder: string, api: string): Promise<Distribution> {
  const read = async (name: string) => parse(await readFile(join(RESOURCES, name), 'utf8'), QUIET)
  const { calls } = (await read('generated/console-calls.yml')) as { calls: readonly Behavior[] }
  const headers = headersOf((await read('generated/console-headers.yml')) as never)
  const template = (await read('console.yml')) as Template
  const config = template.Resources.ConsoleDistribution.Properties.DistributionConfig
  const objects = new Map((await consoleObjects(folder)).map(one => [one.Key, one]))
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { pathname } = new URL(request.url!, api)
    const behavior = [...calls, config.DefaultCacheBehavior].find(one => matches(one, pathname))!
    if (!behavior.AllowedMethods.includes(request.method!)) return end(response, 403, XML, '<Error/>')
    if (behavior.TargetOriginId === 'api') return forward(request, response, api, pathname)
    const file = objects.get(pathname === '/' ? config.DefaultRootObject : pathname.slice(1))
    if (file === undefined) return end(response, 404, { ...XML, ...headers }, '<Error/>')
    const own = { 'content-type': file.ContentType, 'cache-control': file.CacheControl }
    return end(response, 200, { ...own, ...headers }, file.Body)
  }
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise(closed => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
}

const QUIET = { logLevel: 'silent', merge: true } as const
const XML = { 'content-type': 'application/xml' }
const GATEWAY = { 'content-type': 'application/json' }

type Template = {
  readonly Resources: {
    readonly ConsoleDistribution: {
      readonly Properties: {
        readonly DistributionConfig: {
          readonly DefaultRootObject: string
          readonly DefaultCacheBehavior: Behavior
        }
      }
    }
  }
}

function end(response: ServerResponse, status: number, headers: object, body: string | Buffer): void {
  response.writeHead(status, { ...headers }).end(body)
}

const matches = ({ PathPattern }: Behavior, path: string): boolean =>
  PathPattern === undefined || patternOf(PathPattern).test(path)

const patternOf = (text: string): RegExp =>
  new RegExp(`^${text.replaceAll(/[.]/g, '\\.').replaceAll('*', '.*')}$`)

function headersOf(file: {
  readonly Resources: {
    readonly ConsoleHeaders: { readonly Properties: { readonly ResponseHeadersPolicyConfig: Policy } }
  }
}): Readonly<Record<string, string>> {
  const { SecurityHeadersConfig: security, CustomHeadersConfig: custom } =
    file.Resources.ConsoleHeaders.Properties.ResponseHeadersPolicyConfig
  return {
    'content-security-policy': security.ContentSecurityPolicy.ContentSecurityPolicy,
    ...(security.ContentTypeOptions !== undefined && { 'x-content-type-options': 'nosniff' }),
    'x-frame-options': security.FrameOptions.FrameOption,
    'referrer-policy': security.ReferrerPolicy.ReferrerPolicy,
    'strict-transport-security': `max-age=${security.StrictTransportSecurity.AccessControlMaxAgeSec}`,
    ...Object.fromEntries(custom.Items.map(({ Header, Value }) => [Header, Value])),
  }
}

/** Routes that API Gateway has: those of functions that there are on AWS. */
const THERE = Object.entries(ROUTES)
  .filter(([, route]) => Object.hasOwn(HTTP_FUNCTIONS, route.function))
  .map(([key]) => key.split(' ') as [string, string])
  .map(([method, path]) => ({ method, path: patternOf(path.replaceAll(/\{[^}]+\}/g, '[^/]+')) }))

/** API Gateway: a route that is not there is 404, a key that is not known 403, each in its own words. */
async function forward(request: IncomingMessage, response: ServerResponse, api: string, path: string) {
  if (!THERE.some(one => one.method === request.method && one.path.test(path)))
    return end(response, 404, GATEWAY, '{"message":"Not Found"}')
  const { host: _, ...headers } = request.headers as Record<string, string>
  const body = request.method === 'POST' ? await buffer(request) : undefined
  const answer = await fetch(api + request.url, {
    ...{ method: request.method!, headers },
    ...(body !== undefined && { body }),
  })
  if (answer.status === 401) return end(response, 403, GATEWAY, '{"message":"Forbidden"}')
  const type = { 'content-type': answer.headers.get('content-type') ?? '' }
  return end(response, answer.status, type, Buffer.from(await answer.arrayBuffer()))
}
