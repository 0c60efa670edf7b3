import type { ServerResponse } from 'node:http'
import type { HttpResponse } from '../../functions/middleware/http.ts'

/**
 * Writes a Lambda answer, payload format 2.0, with headers of the server's own. Every answer has a length, so
 * that connections are kept.
 */
export function writeResponse(
  response: ServerResponse,
  answer: HttpResponse,
  own: Readonly<Record<string, string>> = {},
): void {
  const { body = '', isBase64Encoded = false } = answer
  const bytes = isBase64Encoded ? Buffer.from(body, 'base64') : body
  const lines = headerLines(answer, own)
  // Of 304 it would be that of the answer which it stands for.
  if (answer.statusCode !== 304) lines.push('content-length', String(Buffer.byteLength(bytes)))
  response.writeHead(answer.statusCode ?? 200, lines)
  response.end(bytes)
}

/** Names and values in turn. */
export function headerLines(
  { headers, cookies }: HttpResponse,
  own: Readonly<Record<string, string>>,
): string[] {
  const lines: string[] = []
  for (const name in headers) lines.push(name, String(headers[name]))
  for (const name in own) lines.push(name, own[name]!)
  for (const cookie of cookies ?? []) lines.push('set-cookie', cookie)
  return lines
}
