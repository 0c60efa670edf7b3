import { setTimeout as pause } from 'node:timers/promises'
import { TributaryError, toTributaryError } from '../../../core/errors.ts'
import { createEventReader, type ServerEvent } from '../../../core/follow/server-events.ts'
import { isObject } from '../../../core/json/is-object.ts'
import type { RouteKey } from '../../../functions/table.ts'
import type { Client, RouteRequest } from '../client.ts'
import { type Environment, printError } from '../environment.ts'

export type Following<K extends RouteKey> = {
  readonly route: K
  readonly request: RouteRequest<K>
  /** Told each event, in order. */
  readonly tell: (event: ServerEvent) => void
  /** Called when it is connected again after it was lost; nothing is told meanwhile. */
  readonly onBack?: () => Promise<void>
  /** Aborted where enough was told. */
  readonly enough: AbortSignal
}

/** The platform tells every 15 s that it is there. */
const SILENT_MS = 40_000
const FIRST_WAIT_MS = 500
const MAX_WAIT_MS = 10_000
/** After that the platform is taken for gone. */
const LONGEST_AWAY_MS = 600_000

/**
 * Follows a stream of the platform until Ctrl-C, or `enough`, or the platform ends it. A connection that is
 * lost is made again, where it left off; the first one has to come about.
 *
 * @throws TributaryError of a refusal, of the platform's own end, or `unavailable` where it stays away
 */
export async function followStream<K extends RouteKey>(
  environment: Environment,
  client: Client,
  { route, request, tell, onBack, enough }: Following<K>,
): Promise<void> {
  const stopped = AbortSignal.any([environment.signal, enough])
  let lastId: string | undefined
  let lostAt: number | undefined
  let connections = 0
  for (let failures = 0; !stopped.aborted; failures++) {
    try {
      await client.follow(route, request, { lastId, signal: stopped, silentMs: SILENT_MS }, async texts => {
        if (connections++ > 0) await onBack?.()
        if (lostAt !== undefined) printError(environment, 'connected again')
        lostAt = undefined
        failures = 0
        const read = createEventReader(event => {
          if (event.name === 'end') throw endOf(event.data)
          lastId = event.id ?? lastId
          if (!stopped.aborted) tell(event)
        })
        for await (const text of texts) understood(() => read(text))
      })
    } catch (error) {
      if (stopped.aborted) return
      if (connections === 0 || !isLost(error)) throw error
    }
    if (stopped.aborted) return
    if (lostAt === undefined) printError(environment, `${client.url} is lost; connecting again`)
    lostAt ??= performance.now()
    if (performance.now() - lostAt > LONGEST_AWAY_MS)
      throw new TributaryError('unavailable', `${client.url} has not answered for ten minutes`)
    const wait = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** failures)
    await pause(wait, undefined, { signal: stopped }).catch(() => undefined)
  }
}

/** What is not understood once would not be the next time. */
function understood(read: () => void): void {
  try {
    read()
  } catch (cause) {
    if (cause instanceof TributaryError) throw cause
    throw new TributaryError('internal', `what the platform tells is not understood: ${String(cause)}`, {
      cause,
    })
  }
}

/** Whether trying again may help: the platform is away or busy, or the connection has broken. */
function isLost(error: unknown): boolean {
  return toTributaryError(error).retryable
}

/** The platform says why it ends a stream; one that stops comes back. */
function endOf(data: string): TributaryError {
  const problem: unknown = JSON.parse(data)
  const { status, detail } = (isObject(problem) ? problem : {}) as { status?: number; detail?: string }
  const code = status !== undefined && status < 500 && status !== 429 ? 'forbidden' : 'unavailable'
  return new TributaryError(code, `the platform ends the stream: ${detail ?? data}`)
}
