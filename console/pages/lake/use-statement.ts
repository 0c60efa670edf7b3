import { useEffect, useRef, useState } from 'preact/hooks'
import type { LakeAnswer } from '../../data/api.ts'
import { post, remove } from '../../data/client.ts'
import type { Failure } from '../../data/failure.ts'

/** Where the newest statement stands. */
export type StatementState =
  | { readonly kind: 'none' }
  /** Since when, ms. */
  | { readonly kind: 'running'; readonly since: number }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'answered'; readonly sql: string; readonly answer: LakeAnswer }

type Running = { readonly id: string; isCancelled: boolean }

/** Runs statements, one at a time; whoever leaves the page cancels what is running. */
export function useStatement() {
  const [state, setState] = useState<StatementState>({ kind: 'none' })
  const running = useRef<Running>(undefined)
  const cancel = async (): Promise<void> => {
    const one = running.current
    if (one === undefined) return
    one.isCancelled = true
    // Where it has ended by itself meanwhile there is nothing to cancel, and its answer is shown.
    await remove(`/v1/lake/queries/${one.id}`)
  }
  const run = async (sql: string): Promise<void> => {
    if (running.current !== undefined || sql.trim() === '') return
    const own: Running = { id: newId(), isCancelled: false }
    running.current = own
    setState({ kind: 'running', since: Date.now() })
    const answer = await post<LakeAnswer>('/v1/lake/query', { sql, id: own.id })
    running.current = undefined
    if (answer.ok) setState({ kind: 'answered', sql, answer: answer.value })
    else setState(own.isCancelled ? { kind: 'cancelled' } : { kind: 'failed', failure: answer.failure })
  }
  useEffect(() => () => void cancel(), [])
  return { state, run, cancel }
}

/** Not `randomUUID`, which browsers have not on a page that came without TLS from another machine. */
const newId = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map(byte => byte.toString(16).padStart(2, '0')).join('')
