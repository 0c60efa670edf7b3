import { setTimeout as pause } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { CloudEvent, emitterFor, HTTP, httpTransport, Mode } from 'cloudevents'
import type { Sent } from './events.ts'

export type Answer = {
  readonly accepted: number
  readonly rejected: readonly { readonly index: number; readonly id: string; readonly code: string }[]
}

/** A run as GET /v1/runs shows it. */
export type Run = {
  readonly id: string
  readonly status: string
  readonly states: readonly { readonly name: string }[]
  readonly report: Readonly<Record<string, unknown>>
  readonly error?: unknown
}

export type Rows = readonly {
  readonly window: string
  readonly group: unknown
  readonly values: Readonly<Record<string, number | null>>
}[]

const REQUEST_MS = 40_000
/** How often what was refused for now is sent again. */
const RESENDS = 5
const BATCH = 'application/cloudevents-batch+json'

/** The HTTP API as an application uses it. */
export function createApi(url: string, keys: Readonly<Record<'write' | 'read' | 'admin', string>>) {
  const post = (
    path: string,
    body: string,
    authorization: string | undefined,
    type = BATCH,
    encoding?: 'gzip',
  ) =>
    fetch(`${url}${path}`, {
      method: 'POST',
      body: encoding === undefined ? body : gzipSync(body),
      headers: {
        'content-type': type,
        ...(authorization !== undefined && { authorization }),
        ...(encoding !== undefined && { 'content-encoding': encoding }),
      },
      signal: AbortSignal.timeout(REQUEST_MS),
    })

  const get = async <T>(path: string): Promise<T> => {
    const headers = { authorization: `Bearer ${keys.read}` }
    const response = await fetch(`${url}${path}`, { headers, signal: AbortSignal.timeout(REQUEST_MS) })
    if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as T
  }

  const emit = (mode: Mode) => emitterFor(httpTransport(`${url}/v1/events`), { mode })
  const emitters = [emit(Mode.BINARY), emit(Mode.STRUCTURED)] as const

  let refusals = 0

  return {
    /** Requests that were refused for now, and sent again. */
    refusals: () => refusals,
    post,
    get,
    /** Starts a state machine, and waits until it has ended. */
    async run(machine: string, input: unknown): Promise<Run> {
      const body = JSON.stringify({ machine, input })
      const response = await post('/v1/runs', body, `Bearer ${keys.admin}`, 'application/json')
      if (response.status !== 202) throw new Error(`${response.status} ${await response.text()}`)
      let run = (await response.json()) as Run
      for (; run.status === 'running'; run = await get<Run>(`/v1/runs/${run.id}`)) await pause(1_000)
      return run
    },
    /**
     * One event in the SDK's own transport, in binary and structured mode by turns. It is sent again where
     * the platform asks for that; the SDK shows no headers, so after a second.
     */
    async sendOne(event: Sent, turn: number): Promise<Answer> {
      const headers = { authorization: `Bearer ${keys.write}` }
      for (let attempt = 0; ; attempt++) {
        const { body } = (await emitters[turn % 2]!(new CloudEvent(event), { headers } as never)) as {
          body: string
        }
        const answer = JSON.parse(body) as Answer & { retry?: readonly unknown[] }
        if (answer.retry === undefined || attempt === RESENDS) return answer
        refusals += 1
        await pause(1000)
      }
    },
    /**
     * Events that the SDK has made, as one batch, compressed or not. What the platform asks for again is sent
     * again.
     */
    async sendBatch(events: readonly Sent[], encoding?: 'gzip'): Promise<Answer> {
      const bodies = events.map(event => HTTP.structured(new CloudEvent(event)).body)
      const rejected: Answer['rejected'][number][] = []
      let accepted = 0
      for (let open = [...events.keys()], attempt = 0; open.length > 0; attempt++) {
        const body = `[${open.map(index => bodies[index]).join(',')}]`
        const response = await post('/v1/events', body, `Bearer ${keys.write}`, BATCH, encoding)
        const isRefused = response.status === 503 && attempt < RESENDS
        if (isRefused) refusals += 1
        // What is sent again may be what is rejected alone.
        if (![202, 422].includes(response.status) && !isRefused)
          throw new Error(`${response.status} ${await response.text()}`)
        const answer = (await response.json()) as Answer & { retry?: { index: number }[] }
        const sent = open
        accepted += answer.accepted
        rejected.push(...answer.rejected.map(one => ({ ...one, index: sent[one.index]! })))
        open = (answer.retry ?? []).map(({ index }) => sent[index]!)
        if (isRefused) await pause(1000 * Number(response.headers.get('retry-after') ?? 1))
      }
      return { accepted, rejected }
    },
    async rows(metric: string, layer: 'merged' | 'speed' | 'batch'): Promise<Rows> {
      return (await get<{ rows: Rows }>(`/v1/metrics/${metric}?layer=${layer}`)).rows
    },
  }
}

export type Api = ReturnType<typeof createApi>
