import type { MessagePort, Worker } from 'node:worker_threads'
import { type ErrorCode, TributaryError, toTributaryError } from '../../core/errors.ts'

/** Calls between threads: a function by name, structured-cloned arguments, one answer. */
type Call = { readonly id: number; readonly name: string; readonly args: readonly unknown[] }
type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: { readonly code: ErrorCode; readonly detail: string } }

/** An end of a channel between threads. */
export type Port = MessagePort | Worker

/** What one thread offers to another: functions by name, whose arguments and answers can be cloned. */
export type Offers = Readonly<Record<string, (...args: never[]) => Promise<unknown>>>

/** Default time a call may take, ms. */
const CALL_TIMEOUT = 30_000
/** Calls that may wait for an answer at once. */
const MAX_PENDING = 10_000

/**
 * Answers calls that arrive at a port. Give the type that the other end connects with, so that both mean the
 * same.
 */
export function serve<Offered extends Offers>(port: Port, offers: Offered): void {
  ;(port as MessagePort).on('message', ({ id, name, args }: Call) => {
    const offered = (offers as Offers)[name]
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

/**
 * A caller of what the other end of a port offers: a name, arguments or answer that is not offered does not
 * compile.
 */
export type Caller<Offered extends Offers> = <Name extends keyof Offered & string>(
  name: Name,
  args: Parameters<Offered[Name]>,
  options?: CallOptions,
) => Promise<Awaited<ReturnType<Offered[Name]>>>

export type CallOptions = {
  /** Longest wait for the answer (30,000). */
  readonly timeoutMs?: number
}

/**
 * Makes a caller for a port. Errors come back with their code; a call without an answer ends in `timeout`.
 *
 * @example
 * const call = connect<StreamOffers>(port)
 * const { speed } = await call('status', [], { timeoutMs: 2000 })
 */
export function connect<Offered extends Offers>(port: Port): Caller<Offered> {
  type Waiting = {
    resolve: (value: never) => void
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
    else call.resolve(answer.value as never)
  })
  return (name, args, { timeoutMs = CALL_TIMEOUT } = {}) =>
    new Promise((resolve, reject) => {
      if (waiting.size >= MAX_PENDING) {
        reject(new TributaryError('overloaded', `${MAX_PENDING} calls to another thread are waiting`))
        return
      }
      const id = calls++
      const timer = setTimeout(() => {
        waiting.delete(id)
        reject(new TributaryError('timeout', `${name} did not answer within ${timeoutMs} ms`))
      }, timeoutMs)
      waiting.set(id, { resolve, reject, timer })
      port.postMessage({ id, name, args } satisfies Call)
    })
}
