import { hash } from 'node:crypto'
import type { HttpEvent, HttpResponse } from './http.ts'

/** Length of a tag: 160 bits, of which no two answers will have the same. */
const DIGITS = 27

/** A weak tag (RFC 9110, 8.8): the same where all texts are. */
function entityTag(texts: readonly string[]): string {
  return `W/"${hash('sha256', JSON.stringify(texts), 'base64url').slice(0, DIGITS)}"`
}

/**
 * The answer with its tag, or 304 where the caller says that it has the very same (`If-None-Match`).
 *
 * @param says everything that makes it another answer
 */
export function tagged(
  { headers }: Pick<HttpEvent, 'headers'>,
  answer: HttpResponse,
  says: readonly string[],
): HttpResponse {
  const etag = entityTag(says)
  // Asked for again each time: numbers change. What one accepts makes it JSON or CSV.
  const about = { etag, 'cache-control': 'private, no-cache', vary: 'accept' }
  if (names(headers['if-none-match'], etag)) return { statusCode: 304, headers: about }
  return { ...answer, headers: { ...answer.headers, ...about } }
}

/** Whether a list of tags has one, weak or not (RFC 9110, 13.1.2). */
function names(list: string | undefined, etag: string): boolean {
  if (list === undefined) return false
  const opaque = (tag: string) => tag.trim().replace(/^W\//, '')
  return list.trim() === '*' || list.split(',').some(one => opaque(one) === opaque(etag))
}
