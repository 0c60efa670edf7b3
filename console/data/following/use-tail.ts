import { useEffect, useState } from 'preact/hooks'
import type { ListedEvent, ListedEvents } from '../api.ts'
import { get, readEvents } from '../client.ts'
import type { Failure } from '../failure.ts'

/** What came in, newest first, and how it is kept up. */
export type Tailed = {
  readonly state: 'connecting' | 'live' | 'lost'
  /** Undefined until there is an answer. */
  readonly events: readonly ListedEvent[] | undefined
  /** Cursor to older ones. */
  readonly next: string | null
  /** Came in since it was paused. */
  readonly held: number
  readonly leftOut: number
  readonly skipped: number
  readonly failure: Failure | undefined
}

/** Events that are kept; older ones are searched for. */
const MOST = 300
const PAGE = 50
const AGAIN_MS = 2000
const REFUSED_MS = 15_000

const NOTHING: Tailed = {
  ...{ state: 'connecting', events: undefined, next: null, held: 0, leftOut: 0, skipped: 0 },
  failure: undefined,
}

type Told = { readonly events: readonly ListedEvent[]; readonly leftOut: number; readonly skipped: number }

/** Events of a filter as they come in, while the page is to be seen. `isPaused`: new ones are counted. */
export function useTail(
  parameters: string,
  isPaused: boolean,
): Tailed & { readonly older: () => void; readonly again: () => void } {
  const [turn, setTurn] = useState(0)
  const [tailed, setTailed] = useState<Tailed & { readonly of: string }>({ ...NOTHING, of: parameters })
  useEffect(() => {
    const change = (to: (before: Tailed) => Tailed) =>
      setTailed(before => ({ ...to(before.of === parameters ? before : NOTHING), of: parameters }))
    return isPaused ? countHeld(parameters, change) : follow(parameters, change)
  }, [parameters, isPaused, turn])
  const shown = tailed.of === parameters ? tailed : NOTHING
  const older = () => {
    void page(parameters, shown.next).then(answer => {
      setTailed(before => {
        if (before.of !== parameters) return before
        if (!answer.ok) return { ...before, failure: answer.failure }
        const events = merged(before.events ?? [], answer.value.events, Number.POSITIVE_INFINITY)
        return { ...before, events, next: answer.value.next }
      })
    })
  }
  return { ...shown, older, again: () => setTurn(turn + 1) }
}

const page = (parameters: string, before: string | null) => {
  const more = before === null ? '' : `&before=${encodeURIComponent(before)}`
  return get<ListedEvents>(`/v1/events?${parameters}&limit=${PAGE}${more}`)
}

/** The newest of both, each once: what became of one may have been told since. */
function merged(
  before: readonly ListedEvent[],
  more: readonly ListedEvent[],
  most: number,
): readonly ListedEvent[] {
  const all = new Map([...before, ...more].map(one => [one.receipt, one]))
  return [...all.values()].sort((a, b) => (a.receipt > b.receipt ? -1 : 1)).slice(0, most)
}

type Change = (to: (before: Tailed) => Tailed) => void

function follow(parameters: string, change: Change): () => void {
  return connected(parameters, change, {
    opened: () => {
      void page(parameters, null).then(answer =>
        change(before =>
          answer.ok
            ? {
                ...before,
                ...{ state: 'live', failure: undefined, held: 0, next: answer.value.next },
                events: merged(before.events ?? [], answer.value.events, MOST),
              }
            : { ...before, state: 'lost', failure: answer.failure },
        ),
      )
    },
    told: ({ events, leftOut, skipped }) =>
      change(before => ({
        ...{ ...before, events: merged(before.events ?? [], events, MOST) },
        ...{ leftOut: before.leftOut + leftOut, skipped: before.skipped + skipped },
      })),
  })
}

function countHeld(parameters: string, change: Change): () => void {
  return connected(parameters, change, {
    opened: () => change(before => ({ ...before, state: 'live', failure: undefined })),
    told: ({ events, leftOut }) =>
      change(before => ({ ...before, held: before.held + events.length + leftOut })),
  })
}

type Listener = { readonly opened: () => void; readonly told: (told: Told) => void }

/** Connects again where a connection is lost; there is none while the page is hidden. */
function connected(parameters: string, change: Change, { opened, told }: Listener): () => void {
  let isEnded = false
  let connection = new AbortController()
  let timer = 0

  async function connect(): Promise<void> {
    if (isEnded || document.hidden) return
    connection = new AbortController()
    opened()
    const failure = await readEvents(
      `/v1/events/stream?${parameters}`,
      undefined,
      ({ name, data }) => {
        if (!isEnded && name === 'events') told(JSON.parse(data) as Told)
      },
      connection.signal,
    )
    if (isEnded || document.hidden) return
    change(before => ({ ...before, state: 'lost', failure: failure ?? before.failure }))
    // A deployment that has no such call will not have it later.
    if (failure?.kind === 'absent') return
    timer = window.setTimeout(() => void connect(), failure === undefined ? AGAIN_MS : REFUSED_MS)
  }
  const seen = (): void => {
    window.clearTimeout(timer)
    if (document.hidden) connection.abort()
    else void connect()
  }
  document.addEventListener('visibilitychange', seen)
  void connect()
  return () => {
    isEnded = true
    window.clearTimeout(timer)
    document.removeEventListener('visibilitychange', seen)
    connection.abort()
  }
}
