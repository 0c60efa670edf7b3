import { setImmediate as turn } from 'node:timers/promises'
import type { Input } from './context.ts'
import type { DynamodbDouble } from './engine.ts'
import { DynamodbError } from './errors.ts'

export type Answer = { readonly statusCode: number; readonly body: string }

const ERRORS = 'com.amazonaws.dynamodb.v20120810#'

/** Answers a request of the API's protocol: an operation as `x-amz-target` has it, and JSON. */
export function answerOf(double: DynamodbDouble, target: string, body: string): Answer {
  try {
    const output = double.call(target.split('.')[1] ?? '', JSON.parse(body) as Input)
    return { statusCode: 200, body: JSON.stringify(output) }
  } catch (error) {
    if (!(error instanceof DynamodbError)) throw error
    const { name, message, fields } = error
    return { statusCode: 400, body: JSON.stringify({ __type: ERRORS + name, message, ...fields }) }
  }
}

type Request = { readonly headers: Readonly<Record<string, string>>; readonly body?: unknown }

/**
 * Carries requests of an SDK's client to the double without a socket. The client still writes and reads the
 * protocol; requests in flight together come in any order that their callers make.
 */
export function createRequestHandler(double: DynamodbDouble) {
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    async handle({ headers, body }: Request, { abortSignal }: { readonly abortSignal?: AbortSignal } = {}) {
      await turn()
      abortSignal?.throwIfAborted()
      const target = headers['x-amz-target'] ?? headers['X-Amz-Target']
      const answer = answerOf(double, target ?? '', textOf(body))
      await turn()
      const bytes = new TextEncoder().encode(answer.body)
      return {
        response: {
          statusCode: answer.statusCode,
          headers: { 'content-type': 'application/x-amz-json-1.0' },
          body: bytes,
        },
      }
    },
    destroy() {},
  }
}

function textOf(body: unknown): string {
  return typeof body === 'string' ? body : new TextDecoder().decode(body as Uint8Array)
}
