import { useEffect, useRef, useState } from 'preact/hooks'
import type { Answer, Failure } from './failure.ts'

/**
 * What is known of something that is asked for: nothing yet, the last answer, the last failure. A failure
 * after an answer leaves that in place, so that a page is not emptied by one call that did not get through.
 */
export type Loaded<T> = {
  readonly value: T | undefined
  readonly failure: Failure | undefined
  /** When `value` was answered, ms. */
  readonly at: number
  /** Asks again, now. */
  readonly again: () => void
}

/**
 * Asks now, and again while the page is to be seen. What the platform tells by itself is followed instead
 * (following/use-followed.ts).
 *
 * @param name of what is asked; another one begins anew
 * @param everyMs pause between two questions; undefined: asks once
 */
export function useLive<T>(name: string, ask: () => Promise<Answer<T>>, everyMs?: number): Loaded<T> {
  const [loaded, setLoaded] = useState<Omit<Loaded<T>, 'again'> & { readonly name: string }>(() =>
    nothing(name),
  )
  const latest = useRef(ask)
  latest.current = ask
  const wake = useRef(() => {})
  useEffect(() => {
    const polling = poll(
      () => latest.current(),
      everyMs,
      answer => setLoaded(before => after(before, name, answer)),
    )
    wake.current = polling.now
    return polling.stop
  }, [name, everyMs])
  const shown = loaded.name === name ? loaded : nothing<T>(name)
  return { ...shown, again: () => wake.current() }
}

function nothing<T>(name: string): Omit<Loaded<T>, 'again'> & { readonly name: string } {
  return { name, value: undefined, failure: undefined, at: 0 }
}

function after<T>(before: ReturnType<typeof nothing<T>>, name: string, answer: Answer<T>): typeof before {
  if (answer.ok) return { name, value: answer.value, failure: undefined, at: Date.now() }
  return { ...(before.name === name ? before : nothing<T>(name)), name, failure: answer.failure }
}

/** One question at a time, none while the tab is hidden, and none to what this deployment does not have. */
function poll<T>(
  ask: () => Promise<Answer<T>>,
  everyMs: number | undefined,
  tell: (answer: Answer<T>) => void,
): { now(): void; stop(): void } {
  let timer: number | undefined
  let isStopped = false
  let isAsking = false
  let isAbsent = false
  const now = (): void => {
    window.clearTimeout(timer)
    if (isStopped || isAsking) return
    isAsking = true
    void ask().then(answer => {
      isAsking = false
      if (isStopped) return
      tell(answer)
      if (!answer.ok && answer.failure.kind === 'absent') isAbsent = true
      if (everyMs !== undefined && !document.hidden && !isAbsent) timer = window.setTimeout(now, everyMs)
    })
  }
  const seen = (): void => {
    if (!document.hidden && everyMs !== undefined && !isAbsent) now()
  }
  document.addEventListener('visibilitychange', seen)
  now()
  return {
    now,
    stop() {
      isStopped = true
      window.clearTimeout(timer)
      document.removeEventListener('visibilitychange', seen)
    },
  }
}
