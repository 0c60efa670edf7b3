import type { IncomingMessage } from 'node:http'
import { TributaryError } from '../../core/errors.ts'
import { type BodyBudget, type Held, overloaded } from './body-budget.ts'
import type { HttpLimits } from './http-limits.ts'

/** The sender went away before its request was complete: nobody is left to answer. */
export const ABORTED = Symbol('aborted')

/** A body that was read, and what is to be given back when its answer is out. */
export type ReadBody = { readonly body: Buffer | undefined; readonly held: Held | undefined }

/**
 * Reads a request's body, at most `body` bytes, into the memory of a budget. A compressed body is charged
 * once it is there with what it may inflate to: `inflated`, or what deflate can make of so few bytes at most.
 *
 * @throws TributaryError `too_large`, `overloaded` (the budget is spent), `late_request`
 */
export function readBody(
  request: IncomingMessage,
  { body: limit, inflated }: Pick<HttpLimits, 'body' | 'inflated'>,
  budget: BodyBudget,
  sender: string,
): Promise<ReadBody | typeof ABORTED> {
  const declared = request.headers['content-length']
  const length = declared === undefined ? undefined : Number(declared)
  if (length === undefined && request.headers['transfer-encoding'] === undefined) return NOTHING
  if (length !== undefined && length > limit) return Promise.reject(tooLarge(limit))
  return collect(request, limit, inflated, budget, sender)
}

/** Deflate's greatest ratio, as zlib's authors give it: a match of 258 bytes takes two bits at least. */
const MOST_INFLATED = 1032

const NOTHING = Promise.resolve({ body: undefined, held: undefined })

function collect(
  request: IncomingMessage,
  limit: number,
  inflated: number,
  budget: BodyBudget,
  sender: string,
): Promise<ReadBody | typeof ABORTED> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] | undefined = []
    let size = 0
    const refuse = (failure: TributaryError) => {
      // What still comes is dropped.
      chunks = dropped(chunks)
      budget.release(held)
      reject(failure)
    }
    const held = budget.begin(sender, refuse)
    request.on('data', (chunk: Buffer) => {
      if (chunks === undefined) return
      size += chunk.length
      if (size > limit) return refuse(tooLarge(limit))
      if (!budget.take(held, chunk.length)) return refuse(overloaded())
      chunks.push(chunk)
    })
    request.on('end', () => {
      if (chunks === undefined) return
      const isCompressed = request.headers['content-encoding'] !== undefined
      const most = isCompressed ? Math.min(inflated, size * MOST_INFLATED) : size
      if (!budget.take(held, Math.max(0, most - size))) return refuse(overloaded())
      budget.arrived(held)
      resolve({ body: chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, size), held })
      chunks = undefined
    })
    const abort = () => {
      // After `end` the promise is settled, and what is held is the answer's to give back.
      if (chunks === undefined) return
      chunks = dropped(chunks)
      budget.release(held)
      resolve(ABORTED)
    }
    // An aborted request emits both.
    request.on('error', abort)
    request.on('close', abort)
  })
}

/**
 * Gives the memory of a body that nobody will read back at once: what is left to the collector, which sees
 * small objects only, would stay beside the budget for as long as little else is made.
 */
function dropped(chunks: readonly Buffer[] | undefined): undefined {
  for (const { buffer, byteLength } of chunks ?? [])
    if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0)
}

function tooLarge(limit: number): TributaryError {
  return new TributaryError('too_large', `a body is limited to ${limit} bytes; send fewer events at once`)
}
