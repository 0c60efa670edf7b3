import { resolve } from 'node:path'
import { TributaryError } from '../../core/errors.ts'
import { isObject } from '../../core/json/is-object.ts'
import { parseJson } from '../../core/json/json.ts'
import { readDevelopmentKey } from '../../drivers/keys/development.ts'
import type { AnswerOf, QueryOf, RouteKey } from '../../functions/table.ts'
import type { Environment } from './environment.ts'
import { printable } from './printable.ts'

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
  /**
   * Hands on the texts of an answer that does not end by itself, as they come.
   * @throws TributaryError with the detail of a refusal; `unavailable` when there is none, or nothing comes
   */
  follow<K extends RouteKey>(
    route: K,
    request: RouteRequest<K>,
    options: FollowOptions,
    read: (texts: AsyncIterable<string>) => Promise<void>,
  ): Promise<void>
  /** The body of a good answer of a route. @throws TributaryError with the detail of a refusal */
  call<K extends RouteKey>(route: K, request?: RouteRequest<K>): Promise<AnswerOf<K>>
}

export type FollowOptions = {
  /** Id of the last event that is known, from which on to go on. */
  readonly lastId: string | undefined
  readonly signal: AbortSignal
  /** How long nothing may come, ms. */
  readonly silentMs: number
}

/** What a route is asked. */
export type RouteRequest<K extends RouteKey> = {
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
  requireAddress(url)
  const folder = resolve(variables['TRIBUTARY_DATA'] ?? '.tributary')
  const key = connection.key ?? variables['TRIBUTARY_KEY'] ?? (await readDevelopmentKey(folder))
  requireKey(key)
  const authorization: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` }

  const send: Client['send'] = async (method, path, { body, headers } = {}) => {
    try {
      const response = await fetch(url + path, {
        method,
        headers: { ...authorization, ...headers },
        ...(body !== undefined && { body }),
        // A POST that is sent on becomes a GET, and a key does not belong to another host.
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      })
      refuseRedirect(url, response)
      const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
      return {
        status: response.status,
        body: parse(await response.text()),
        retryAfter: Number.isFinite(retryAfter) ? retryAfter : undefined,
      }
    } catch (cause) {
      signal.throwIfAborted()
      if (cause instanceof TributaryError) throw cause
      throw new TributaryError(
        'unavailable',
        `${url} does not answer; is the platform running (npm start)? One that listens elsewhere (PORT) is ` +
          'named by --url or TRIBUTARY_URL',
        { cause },
      )
    }
  }

  const follow: Client['follow'] = async (route, { path = [], query = [] }, options, read) => {
    const { lastId, signal: stopped, silentMs } = options
    const silence = new AbortController()
    const timer = setTimeout(() => silence.abort(), silentMs)
    try {
      const response = await fetch(url + addressOf(patternOf(route), path, query), {
        headers: { ...authorization, ...(lastId !== undefined && { 'last-event-id': lastId }) },
        redirect: 'manual',
        signal: AbortSignal.any([stopped, silence.signal]),
      })
      refuseRedirect(url, response)
      if (response.status !== 200 || response.body === null)
        throw refusalOf({
          status: response.status,
          body: parse(await response.text()),
          retryAfter: undefined,
        })
      await read(heard(response.body, () => timer.refresh()))
    } catch (cause) {
      if (cause instanceof TributaryError) throw cause
      throw new TributaryError(
        'unavailable',
        `${url} does not answer; is the platform running (npm start)?`,
        {
          cause,
        },
      )
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    url,
    send,
    follow,
    async call(route, { path = [], query = [], body } = {}) {
      const [method = ''] = route.split(' ')
      const json = body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
      const answer = await send(method, addressOf(patternOf(route), path, query), json)
      if (answer.status < 300) return answer.body as AnswerOf<typeof route>
      throw refusalOf(answer)
    },
  }
}

function requireAddress(url: string): void {
  const address = URL.canParse(url) ? new URL(url) : undefined
  if (address === undefined || !/^https?:$/.test(address.protocol))
    throw new TributaryError(
      'invalid_setting',
      `"${url}" is no address; give --url such as http://127.0.0.1:8080`,
    )
  if (address.username !== '' || address.password !== '')
    throw new TributaryError('invalid_setting', '--url has a user or password in it; give the key by --key')
}

function requireKey(key: string | undefined): void {
  if (key === undefined || /^[!-~]+$/.test(key)) return
  throw new TributaryError('invalid_setting', 'the key has characters that no header carries; look at --key')
}

function refuseRedirect(url: string, { status, headers }: Response): void {
  const to = headers.get('location')
  if (status < 300 || status >= 400 || to === null) return
  throw new TributaryError('invalid_setting', `${url} has moved: it points to ${printable(to)}; change --url`)
}

const patternOf = (route: RouteKey) => route.split(' ')[1] ?? ''

/** Texts of a body, each of which is noticed. */
async function* heard(body: ReadableStream<Uint8Array>, notice: () => void): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  for await (const bytes of body) {
    notice()
    yield decoder.decode(bytes, { stream: true })
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

/** Something answers that is no platform. */
export function notOurs({ status }: Answer): TributaryError {
  const detail = `HTTP status ${status}, and nothing of what a platform answers; check --url`
  return new TributaryError('bad_request', detail)
}

/** A refusal as an error whose message says what to do. */
export function refusalOf(answer: Answer): TributaryError {
  const { status, body } = answer
  if (status < 400) return notOurs(answer)
  const fields = isObject(body) ? body : {}
  // API Gateway's own refusals have a `message`.
  const said = fields['detail'] ?? fields['message']
  // It may quote data, and is one line.
  const detail = typeof said === 'string' ? printable(said) : `HTTP status ${status}, without a reason`
  if (status === 401)
    return new TributaryError('unauthenticated', `${detail} (give --key, or set TRIBUTARY_KEY)`)
  if (status === 403) return new TributaryError('forbidden', `${detail}; give another with --key`)
  if (status === 404) return new TributaryError('not_found', detail)
  if (status >= 500) return new TributaryError('unavailable', `the platform answered ${status}: ${detail}`)
  return new TributaryError('bad_request', detail)
}

function parse(text: string): unknown {
  try {
    return parseJson(text)
  } catch (error) {
    if (error instanceof SyntaxError) return text
    throw error
  }
}
