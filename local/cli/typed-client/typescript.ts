// <declared>
/** Data of each type of event. */
export type Events = Readonly<Record<string, unknown>>

/** Groups and values of each metric. */
export type Metrics = Readonly<Record<string, { readonly group: Names; readonly values: Names }>>
type Names = Readonly<Record<string, unknown>>
// </declared>

/** An event as it is sent. What is left out is made up: an id, and the time of the call. */
export type Event<T extends keyof Events = keyof Events> = {
  readonly [K in T]: {
    readonly type: K
    readonly data: Events[K]
    /** The same id counts once, however often it is sent. */
    readonly id?: string
    /** Where it happened; the client's own where it is left out. */
    readonly source?: string
    /** Its number in its source, counted by ones: what is missing between is told. */
    readonly sequence?: string | number
    readonly time?: Date | string
    readonly subject?: string
  }
}[T]

/** An event that the platform keeps, and does not count. */
export type Rejected = {
  /** Its place among the events of the call. */
  readonly index: number
  readonly id: string | null
  readonly code: string
  readonly detail: string
}

/** An event whose id came before with other content; its place, its receipt and that of the earlier one. */
export type Conflict = {
  readonly index: number
  readonly id: string
  readonly receipt: string
  readonly earlier: string
}

/** Numbers of a source, from and to, that have not been seen so far, since when the platform looks. */
export type Unseen = {
  readonly source: string
  readonly from: number
  readonly to: number
  readonly since: string
}

export type Sent = {
  readonly accepted: number
  readonly rejected: readonly Rejected[]
  readonly conflicting: readonly Conflict[]
  readonly unseen: readonly Unseen[]
  /** Fields that no contract names, by type. */
  readonly undeclared: Readonly<Record<string, readonly string[]>>
  /** Events older than ids are remembered: sent at their time, too, they count again. */
  readonly late: number
}

type FieldOf<M extends keyof Metrics> = keyof Metrics[M]['group'] & string
type One = string | number | boolean

export type Question<M extends keyof Metrics = keyof Metrics> = {
  readonly from?: Date | string
  readonly to?: Date | string
  readonly window?: 'minute' | 'hour' | 'day' | 'week' | 'month' | 'quarter' | 'year'
  readonly timezone?: string
  /** Fields to group by, of those that are declared; none: one group. */
  readonly by?: readonly FieldOf<M>[]
  /** Only groups with this value, or one of these. */
  readonly where?: Readonly<Partial<Record<FieldOf<M>, One | readonly One[]>>>
  readonly layer?: 'merged' | 'batch' | 'speed'
  readonly order?: readonly string[]
  readonly limit?: number
}

export type Answer<M extends keyof Metrics> = {
  readonly metric: M
  readonly window: string
  readonly rows: readonly {
    readonly window: string
    readonly group: Partial<Metrics[M]['group']>
    readonly values: Metrics[M]['values']
  }[]
  readonly provenance: { readonly boundary: string | null; readonly asOf: string; readonly lagMs: number }
}

export type Options = {
  /** Address of the platform, such as https://events.example. */
  readonly url: string
  readonly key: string
  /** CloudEvents `source` of events that name none, such as /shop. */
  readonly source: string
  /** How long one request may take, ms. */
  readonly timeoutMs?: number
  /** Requests for one batch of events, at most; between them it waits as the platform asks, 20 s at most. */
  readonly tries?: number
  readonly fetch?: typeof fetch
}

/** A request that did not get through. `unsent`: places of the events that may not be stored. */
export class TributaryClientError extends Error {
  readonly status: number | undefined
  readonly code: string | undefined
  readonly unsent: readonly number[]
  constructor(message: string, about: { status?: number; code?: string; unsent?: readonly number[] } = {}) {
    super(message)
    this.name = 'TributaryClientError'
    this.status = about.status
    this.code = about.code
    this.unsent = about.unsent ?? []
  }
}

/** Most events in one request; the platform takes 10,000. */
const MOST_EVENTS = 1000
const LONGEST_WAIT_MS = 20_000

/** Sends events, and asks for numbers. */
export function createTributary(options: Options) {
  /**
   * Sends events. Resolves once they are durable, with those that were rejected. What is refused for now is
   * sent again, under the same ids: nothing counts twice.
   */
  async function send(events: Event | readonly Event[]): Promise<Sent> {
    const all = (Array.isArray(events) ? events : [events]).map(event => withDefaults(event, options))
    const total = nothingSent()
    for (let first = 0; first < all.length; first += MOST_EVENTS) {
      const places = all.slice(first, first + MOST_EVENTS).map((_, i) => first + i)
      await sendBatch(options, all, places, total).catch((error: unknown) => {
        throw withRest(error, all.length, first + MOST_EVENTS)
      })
    }
    return total
  }

  /** The numbers of a metric: live where the batch layer has not got yet. */
  async function query<M extends keyof Metrics>(metric: M, question: Question<M> = {}): Promise<Answer<M>> {
    const path = `/v1/metrics/${encodeURIComponent(metric)}?${parametersOf(question)}`
    const reply = await request(options, path, {})
    if (reply.status === 200) return reply.body as Answer<M>
    throw refused(reply)
  }

  return { send, query }
}

type Reply = {
  readonly status: number
  readonly body: { readonly [name: string]: unknown }
  readonly waitMs: number | undefined
}

type Total = {
  accepted: number
  readonly rejected: Rejected[]
  readonly conflicting: Conflict[]
  readonly unseen: Unseen[]
  readonly undeclared: Record<string, string[]>
  late: number
}

function nothingSent(): Total {
  return { accepted: 0, rejected: [], conflicting: [], unseen: [], undeclared: {}, late: 0 }
}

/** Adds what an answer says; places in it are those of the request. */
function add(total: Total, body: Reply['body'], open: readonly number[]): void {
  const toPlace = <T extends { readonly index: number }>(one: T): T => ({
    ...one,
    index: open[one.index] ?? one.index,
  })
  total.accepted += Number(body['accepted'] ?? 0)
  total.rejected.push(...listOf<Rejected>(body['rejected']).map(toPlace))
  total.conflicting.push(...listOf<Conflict>(body['conflicting']).map(toPlace))
  total.unseen.push(...listOf<Unseen>(body['unseen']))
  for (const { type, fields } of listOf<{ type: string; fields: string[] }>(body['undeclared']))
    total.undeclared[type] = [...new Set([...(total.undeclared[type] ?? []), ...fields])]
  total.late += Number((body['late'] as { events?: number } | undefined)?.events ?? 0)
}

async function sendBatch(
  options: Options,
  all: readonly object[],
  places: readonly number[],
  total: Total,
): Promise<void> {
  let open = places
  for (let attempt = 1; ; attempt++) {
    const reply = await post(
      options,
      open.map(place => all[place]!),
    )
    if (!LATER.has(reply.status) && reply.status !== 202 && reply.status !== 422) throw refused(reply, open)
    add(total, reply.body, open)
    if (!LATER.has(reply.status)) return
    const retry = reply.body['retry']
    if (Array.isArray(retry)) open = listOf<{ index: number }>(retry).map(({ index }) => open[index]!)
    if (open.length === 0) return
    if (attempt >= (options.tries ?? 8)) throw refused(reply, open)
    await pause(Math.min(reply.waitMs ?? 250 * 2 ** attempt, LONGEST_WAIT_MS))
  }
}

/** After these the same events may get through; some are of what stands in front of the platform. */
const LATER: ReadonlySet<number> = new Set([0, 408, 429, 500, 502, 503, 504])

async function post(options: Options, events: readonly object[]): Promise<Reply> {
  const headers = { 'content-type': 'application/cloudevents-batch+json' }
  try {
    return await request(options, '/v1/events', { method: 'POST', headers, body: JSON.stringify(events) })
  } catch (error) {
    // Whether they have arrived nobody knows; an id counts once.
    return { status: 0, body: { detail: String(error) }, waitMs: undefined }
  }
}

async function request(options: Options, path: string, init: RequestInit): Promise<Reply> {
  const answer = await (options.fetch ?? fetch)(new URL(path, options.url), {
    ...init,
    headers: { ...(init.headers as Record<string, string>), authorization: `Bearer ${options.key}` },
    signal: AbortSignal.timeout(options.timeoutMs ?? 31_000),
  })
  const seconds = Number(answer.headers.get('retry-after') ?? Number.NaN)
  const waitMs = Number.isFinite(seconds) ? seconds * 1000 : undefined
  return { status: answer.status, body: objectOf(await answer.text()), waitMs }
}

/** A page of somebody in between is no object. */
function objectOf(text: string): Reply['body'] {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Reply['body']) : {}
  } catch {
    return {}
  }
}

const listOf = <T>(value: unknown): readonly T[] => (Array.isArray(value) ? (value as T[]) : [])

function refused({ status, body }: Reply, unsent: readonly number[] = []): TributaryClientError {
  const detail = typeof body['detail'] === 'string' ? body['detail'] : `it answered ${status}`
  const code = typeof body['code'] === 'string' ? { code: body['code'] } : {}
  return new TributaryClientError(detail, { ...(status > 0 && { status }), ...code, unsent })
}

/** The events behind a batch that did not get through were not sent either. */
function withRest(error: unknown, length: number, from: number): unknown {
  if (!(error instanceof TributaryClientError)) return error
  const rest = Array.from({ length: Math.max(length - from, 0) }, (_, i) => from + i)
  const { message, status, code, unsent } = error
  const about = { ...(status !== undefined && { status }), ...(code !== undefined && { code }) }
  return new TributaryClientError(message, { ...about, unsent: [...unsent, ...rest] })
}

function withDefaults(event: Event, { source }: Options): object {
  const { time = new Date(), ...rest } = event
  const instant = typeof time === 'string' ? time : time.toISOString()
  return { specversion: '1.0', id: crypto.randomUUID(), source, ...rest, time: instant }
}

type Parameters = { readonly where?: object } & Readonly<Record<string, unknown>>

function parametersOf({ where, ...question }: Parameters): URLSearchParams {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(question))
    if (value !== undefined) parameters.set(name, value instanceof Date ? value.toISOString() : String(value))
  for (const [field, value] of Object.entries(where ?? {}))
    for (const one of [value].flat()) parameters.append(`where.${field}`, String(one))
  return parameters
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
