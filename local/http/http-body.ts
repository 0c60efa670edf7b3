import type { IncomingMessage } from 'node:http'
import { TributaryError } from '../../core/errors.ts'

/** The sender went away before its request was complete: nobody is left to answer. */
export const ABORTED = Symbol('aborted')

/** Memory that request bodies may take at one time, in bytes. */
export type BodyBudget = { readonly limit: number; used: number }

/** What a request holds of the budget. Give it back when the answer is out. */
export type Reservation = { bytes: number }

const RETRY_AFTER_SECONDS = 1

/**
 * Reads a request's body, at most `limit` bytes, and notes in `held` what it takes of the budget. A
 * compressed body is charged with `limit`, for it may inflate to that.
 *
 * @throws TributaryError `too_large`, `overloaded` (the budget is spent)
 */
export function readBody(
  request: IncomingMessage,
  limit: number,
  budget: BodyBudget,
  held: Reservation,
): Promise<Buffer | undefined | typeof ABORTED> {
  const declared = request.headers['content-length']
  const length = declared === undefined ? undefined : Number(declared)
  if (length === undefined && request.headers['transfer-encoding'] === undefined) return NOTHING
  if (length !== undefined && length > limit) return Promise.reject(tooLarge(limit))
  const isCompressed = request.headers['content-encoding'] !== undefined
  if (!reserve(budget, held, isCompressed ? limit : (length ?? 0))) return Promise.reject(overloaded())
  return collect(request, limit, budget, held)
}

const NOTHING = Promise.resolve(undefined)

function collect(
  request: IncomingMessage,
  limit: number,
  budget: BodyBudget,
  held: Reservation,
): Promise<Buffer | undefined | typeof ABORTED> {
  return new Promise((resolve, reject) => {
    let first: Buffer | undefined
    let rest: Buffer[] | undefined
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > limit) return reject(tooLarge(limit))
      if (size > held.bytes && !reserve(budget, held, size - held.bytes)) return reject(overloaded())
      if (first === undefined) first = chunk
      else if (rest === undefined) rest = [first, chunk]
      else rest.push(chunk)
    })
    request.on('end', () => resolve(rest === undefined ? first : Buffer.concat(rest, size)))
    // After `end` these find the promise settled. An aborted request emits both.
    request.on('error', () => resolve(ABORTED))
    request.on('close', () => resolve(ABORTED))
  })
}

function reserve(budget: BodyBudget, held: Reservation, bytes: number): boolean {
  if (budget.used + bytes > budget.limit) return false
  budget.used += bytes
  held.bytes += bytes
  return true
}

/** Gives back what a request held. */
export function release(budget: BodyBudget, held: Reservation): void {
  budget.used -= held.bytes
  held.bytes = 0
}

function tooLarge(limit: number): TributaryError {
  return new TributaryError('too_large', `a body is limited to ${limit} bytes; send fewer events at once`)
}

function overloaded(): TributaryError {
  return new TributaryError('overloaded', 'too many requests are in flight; send this one again', {
    retryAfter: RETRY_AFTER_SECONDS,
  })
}
