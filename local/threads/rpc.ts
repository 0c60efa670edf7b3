import type { MessagePort, Worker } from 'node:worker_threads'
import { type ErrorCode, TributaryError, toTributaryError } from '../../core/errors.ts'

/** Calls between threads: a function by name, structured-cloned arguments, one answer. */
type Call = { readonly id: number; readonly name: string; readonly args: readonly unknown[] }
type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: { readonly code: ErrorCode; readonly detail: string } }

/** An end of a channel between threads. */
export type Port = MessagePort | Worker

/** What one thread offers to another. */
export type Offers = Readonly<Record<string, (...args: never[]) => Promise<unknown>>>

/** Default time a call may take, ms. */
const CALL_TIMEOUT = 30_000
/** Calls that may wait for an answer at once. */
const MAX_PENDING = 10_000

/** Answers calls that arrive at a port. */
export function serve(port: Port, offers: Offers): void {
  ;(port as MessagePort).on('message', ({ id, name, args }: Call) => {
    const offered = offers[name]
    const work =
      offered === undefined
        ? Promise.reject(new TributaryError('internal', `no call is named ${name}`))
        : offered(...(args as never[]))
    work.then(
      value => port.postMessage({ id, value } satisfies Answer),
      (error: unknown) => {
        const { code, message } = toTributaryError(error)
        port.postMessage({ id, error: { code, detail: message } } satisfies Answer)
      },
    )
  })
}

/** A caller of what the other end of a port offers. */
export type Caller = <T>(
  name: string,
  args: readonly unknown[],
  options?: { timeoutMs?: number },
) => Promise<T>

/**
 * Makes a caller for a port. Errors come back with their code; a call without an answer ends in `timeout`.
 */
export function connect(port: Port): Caller {
  type Waiting = {
    resolve: (value: unknown) => void
    reject: (error: unknown) => void
    timer: NodeJS.Timeout
  }
  const waiting = new Map<number, Waiting>()
  let calls = 0
  ;(port as MessagePort).on('message', (answer: Answer) => {
    const call = waiting.get(answer.id)
    // Not an answer, or one that came too late.
    if (call === undefined) return
    waiting.delete(answer.id)
    clearTimeout(call.timer)
    if ('error' in answer) call.reject(new TributaryError(answer.error.code, answer.error.detail))
    else call.resolve(answer.value)
  })
  return <T>(name: string, args: readonly unknown[], { timeoutMs = CALL_TIMEOUT } = {}) =>
    new Promise<T>((resolve, reject) => {
      if (waiting.size >= MAX_PENDING) {
        reject(new TributaryError('overloaded', `${MAX_PENDING} calls to another thread are waiting`))
        return
      }
      const id = calls++
      const timer = setTimeout(() => {
        waiting.delete(id)
        reject(new TributaryError('timeout', `${name} did not answer within ${timeoutMs} ms`))
      }, timeoutMs)
      waiting.set(id, { resolve: resolve as (value: unknown) => void, reject, timer })
      port.postMessage({ id, name, args } satisfies Call)
    })
}
