import { useEffect, useState } from 'preact/hooks'
import type { MetricAnswer } from '../api.ts'
import { readEvents } from '../client.ts'
import { afterEvent } from './followed.ts'

/** An answer that the platform keeps up, or why it does not. */
export type Followed = {
  readonly state: 'connecting' | 'following' | 'polling'
  /** Undefined until there is one, and where it has to be asked for. */
  readonly answer: MetricAnswer | undefined
  /** Why it has to be asked for. */
  readonly detail: string
}

/** A connection that was lost is opened again after this, ms. */
const AGAIN_MS = 1000
/** After a refusal there is time: the page asks meanwhile. */
const REFUSED_MS = 30_000

const CONNECTING: Followed = { state: 'connecting', answer: undefined, detail: '' }

/**
 * Follows a question while the page is to be seen.
 *
 * @param name of the question; another one begins anew
 * @param path of its stream; another one takes over when it has an answer
 */
export function useFollowed(name: string, path: string): Followed {
  const [followed, setFollowed] = useState({ name, ...CONNECTING })
  useEffect(
    () =>
      follow(path, now =>
        setFollowed(before => {
          const isNext = now.state === 'connecting' && before.name === name && before.answer !== undefined
          return isNext ? before : { name, ...now }
        }),
      ),
    [name, path],
  )
  return followed.name === name ? followed : CONNECTING
}

/** @returns what ends it */
function follow(path: string, tell: (followed: Followed) => void): () => void {
  let isEnded = false
  let answer: MetricAnswer | undefined
  let lastId: string | undefined
  let connection = new AbortController()
  let wake = (): void => {}

  const rest = (ms: number): Promise<void> =>
    new Promise(resolve => {
      const timer = window.setTimeout(resolve, ms)
      wake = () => {
        window.clearTimeout(timer)
        resolve()
      }
    })
  const seen = (): void => {
    if (document.hidden) connection.abort()
    else wake()
  }

  async function connect(): Promise<number> {
    connection = new AbortController()
    const failure = await readEvents(
      path,
      lastId,
      event => {
        answer = afterEvent(answer, event)
        lastId = event.id ?? lastId
        if (answer !== undefined && !isEnded) tell({ state: 'following', answer, detail: '' })
      },
      connection.signal,
    )
    if (failure === undefined || isEnded) return AGAIN_MS
    tell({ state: 'polling', answer: undefined, detail: failure.detail })
    if (failure.kind === 'absent') isEnded = true
    return REFUSED_MS
  }

  async function goOn(): Promise<void> {
    while (!isEnded) await rest(document.hidden ? REFUSED_MS : await connect())
  }

  document.addEventListener('visibilitychange', seen)
  tell(CONNECTING)
  void goOn()
  return () => {
    isEnded = true
    document.removeEventListener('visibilitychange', seen)
    connection.abort()
    wake()
  }
}
