import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { type ErrorCode, TributaryError } from '../../core/errors.ts'
import type { HttpResponse } from '../../functions/middleware/http.ts'
import { problemResponse } from '../../functions/middleware/problem.ts'
import type { Cors } from './cors.ts'

/**
 * Answers what node:http cannot read as a request, in problem details like all else, and ends the connection:
 * where one request ends and the next begins is not known any more. `headers`: their limit in bytes. A page
 * may read the answer as any other, as far as what has arrived says whose it is.
 */
export function answerClientError(
  error: NodeJS.ErrnoException & { readonly rawPacket?: Buffer },
  socket: Socket,
  headers: number,
  cors: Cors,
): void {
  if (error.code === 'ECONNRESET') return void socket.destroy()
  // What follows on this connection comes here again, and is dropped.
  if (!socket.writable) return
  // Whatever was answered before on this connection is in its buffer, whole and in order.
  const problem = problemResponse(failureOf(error.code, headers))
  const forPages = cors.headersFor(originIn(error.rawPacket))
  socket.end(textOf({ ...problem, headers: { ...problem.headers, ...forPages } }))
  // A connection closed at once, while the sender still sends, would take the answer with it.
  setTimeout(() => socket.destroy(), LINGER_MS).unref()
}

const LINGER_MS = 1000

/** The origin that a request names which was not read to its end; '' where it has not come so far. */
function originIn(arrived: Buffer | undefined): string {
  return /\r\norigin:[ \t]*([^\r\n]*?)[ \t]*\r\n/i.exec(arrived?.toString('latin1') ?? '')?.[1] ?? ''
}

function failureOf(code: string | undefined, headers: number): TributaryError {
  const [name, detail] = reasonOf(code, headers)
  return new TributaryError(name, detail)
}

function reasonOf(code: string | undefined, headers: number): readonly [ErrorCode, string] {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return ['headers_too_large', `address and headers are limited to ${headers} bytes together; send less`]
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return ['too_large', 'the extensions of a chunk exceed a limit; leave them out']
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return ['late_request', 'the request did not arrive whole in its time; send it again']
    default:
      return ['bad_request', 'this is no request of HTTP/1.1; see RFC 9112']
  }
}

function textOf({ statusCode = 400, headers = {}, body = '' }: HttpResponse): string {
  const all = { ...headers, 'content-length': Buffer.byteLength(body), connection: 'close' }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode] ?? ''}\r\n${lines.join('')}\r\n${body}`
}
