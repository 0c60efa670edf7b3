import { resolve } from 'node:path'
import { parseJson } from '../../core/data/json.ts'
import { TributaryError } from '../../core/errors.ts'
import { readDevelopmentKey } from '../../drivers/keys/development.ts'
import type { AnswerOf, QueryOf, RouteKey } from '../../functions/table.ts'
import type { Environment } from './environment.ts'

/** Options of every command that talks to a platform. */
export type Connection = { readonly url?: string; readonly key?: string; readonly json?: boolean }

export type Answer = {
  readonly status: number
  readonly body: unknown
  readonly retryAfter: number | undefined
}

/** Speaks HTTP with one platform. */
export type Client = {
  readonly url: string
  /** Any answer, also a refusal. @throws TributaryError `unavailable` when there is none */
  send(
    method: string,
    path: string,
    options?: { body?: string | Uint8Array; headers?: Record<string, string> },
  ): Promise<Answer>
  /** The body of a good answer of a route. @throws TributaryError with the detail of a refusal */
  call<K extends RouteKey>(route: K, request?: RouteRequest<K>): Promise<AnswerOf<K>>
}

/** What a route is asked. */
type RouteRequest<K extends RouteKey> = {
  /** Values of the path's parameters, in their order. */
  readonly path?: readonly string[]
  /** Parameters that have a value; a name may come again. */
  readonly query?: readonly (readonly [QueryOf<K>, string | undefined])[]
  readonly body?: object
}

const TIMEOUT_MS = 60_000

/** The key is `--key`, else TRIBUTARY_KEY, else the development key of the local data folder. */
export async function connect(environment: Environment, connection: Connection): Promise<Client> {
  const { variables, signal } = environment
  const url = (connection.url ?? variables['TRIBUTARY_URL'] ?? 'http://127.0.0.1:8080').replace(/\/+$/, '')
  if (!URL.canParse(url))
    throw new TributaryError(
      'invalid_setting',
      `"${url}" is no address; give --url such as http://127.0.0.1:8080`,
    )
  const folder = resolve(variables['TRIBUTARY_DATA'] ?? '.tributary')
  const key = connection.key ?? variables['TRIBUTARY_KEY'] ?? (await readDevelopmentKey(folder))
  const authorization: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` }

  const send: Client['send'] = async (method, path, { body, headers } = {}) => {
    try {
      const response = await fetch(url + path, {
        method,
        headers: { ...authorization, ...headers },
        ...(body !== undefined && { body }),
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      })
      const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
      return {
        status: response.status,
        body: parse(await response.text()),
        retryAfter: Number.isFinite(retryAfter) ? retryAfter : undefined,
      }
    } catch (cause) {
      signal.throwIfAborted()
      throw new TributaryError(
        'unavailable',
        `${url} does not answer; is the platform running (npm start)?`,
        { cause },
      )
    }
  }

  return {
    url,
    send,
    async call(route, { path = [], query = [], body } = {}) {
      const [method = '', pattern = ''] = route.split(' ')
      const json = body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
      const answer = await send(method, addressOf(pattern, path, query), json)
      if (answer.status < 300) return answer.body as AnswerOf<typeof route>
      throw refusalOf(answer)
    },
  }
}

function addressOf(
  pattern: string,
  path: readonly string[],
  query: readonly (readonly [string, string | undefined])[],
): string {
  const values = [...path]
  const filled = pattern.replaceAll(/\{\w+\}/g, () => encodeURIComponent(values.shift() ?? ''))
  const search = new URLSearchParams()
  for (const [name, value] of query) if (value !== undefined) search.append(name, value)
  return search.size === 0 ? filled : `${filled}?${search}`
}

/** A refusal as an error whose message says what to do. */
export function refusalOf({ status, body }: Answer): TributaryError {
  const detail =
    isObject(body) && typeof body['detail'] === 'string' ? body['detail'] : `HTTP status ${status}`
  if (status === 401)
    return new TributaryError('unauthenticated', `${detail} (give --key, or set TRIBUTARY_KEY)`)
  if (status === 403) return new TributaryError('forbidden', `${detail}; give another with --key`)
  if (status === 404) return new TributaryError('not_found', detail)
  if (status >= 500) return new TributaryError('unavailable', `the platform answered ${status}: ${detail}`)
  return new TributaryError('bad_request', detail)
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parse(text: string): unknown {
  try {
    return parseJson(text)
  } catch (error) {
    if (error instanceof SyntaxError) return text
    throw error
  }
}
