import { TributaryError } from '../../core/errors.ts'
import type { HttpResponse } from './http.ts'
import { problemResponse } from './problem.ts'

/**
 * Most bytes of an answer that Lambda delivers: the whole response as JSON, its body escaped once more, in
 * UTF-8 (the quota of 6 MB, as the runtime's error says it). Of a longer one API Gateway makes a 500.
 */
export const LAMBDA_ANSWER = 6_291_556

/** Most bytes of JSON that one UTF-16 unit takes: `\u0000`. */
const WIDEST = 6

/** What names, quotes and braces take around a text, at most. */
const AROUND = 40

/** Whether an answer takes at most so many bytes, as Lambda counts them. */
export function isDeliverable(answer: HttpResponse, longest = LAMBDA_ANSWER): boolean {
  const { body = '', headers } = answer
  let units = body.length + AROUND
  for (const name in headers) units += name.length + String(headers[name]).length + AROUND
  // Nearly every answer is far below: nothing has to be written to know it.
  if (units * WIDEST <= longest) return true
  return longest === Infinity || Buffer.byteLength(JSON.stringify(answer)) <= longest
}

/** The first of several answers, each shorter than the one before, that can be delivered; else the last. */
export function firstDeliverable(answers: Iterable<HttpResponse>): HttpResponse {
  let last: HttpResponse | undefined
  for (const answer of answers) {
    if (isDeliverable(answer)) return answer
    last = answer
  }
  return last!
}

/**
 * An answer, or problem details (413) in place of one that cannot be delivered; `ask` completes "ask for …"
 */
export function delivered(answer: HttpResponse, ask: string, longest = LAMBDA_ANSWER): HttpResponse {
  if (isDeliverable(answer, longest)) return answer
  const detail = `the answer exceeds ${longest} bytes, as Lambda counts them; ask for ${ask}`
  return problemResponse(new TributaryError('too_large', detail))
}
