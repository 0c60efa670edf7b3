import type { ServerResponse } from 'node:http'
import type { HttpResponse } from '../../functions/middleware/http.ts'
import { headerLines } from './http-response.ts'

/**
 * Answers with events for as long as somebody reads them. What the system has not taken is counted by
 * node:http, whose buffer says when it is full, and when it is empty again.
 */
export function writeEvents(
  response: ServerResponse,
  answer: HttpResponse,
  own: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(answer.statusCode ?? 200, headerLines(answer, own))
  response.flushHeaders()
  if (response.req.method === 'HEAD') return void response.end()
  answer.events?.({
    write: bytes => response.write(bytes),
    onReady: ready => void response.on('drain', ready),
    onClose: closed => void response.once('close', closed),
    end: () => void response.end(),
    destroy: () => void response.destroy(),
  })
}
