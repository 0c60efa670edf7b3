import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { isDeliverable, LAMBDA_ANSWER } from './deliverable.ts'
import type { HttpEvent, HttpResponse } from './http.ts'

const compress = promisify(gzip)

/**
 * An answer compressed, where Lambda could not deliver it as it is and its caller takes gzip: a description
 * of a thousand event types is seven megabytes, and a few hundred kilobytes so.
 */
export async function compressedIfLong(
  answer: HttpResponse,
  event: Pick<HttpEvent, 'headers'>,
  longest = LAMBDA_ANSWER,
): Promise<HttpResponse> {
  if (isDeliverable(answer, longest) || !takesGzip(event.headers['accept-encoding'])) return answer
  const body = (await compress(answer.body ?? '')).toString('base64')
  const headers = { ...answer.headers, 'content-encoding': 'gzip', vary: 'accept-encoding' }
  return { ...answer, headers, body, isBase64Encoded: true }
}

/** Whether an `Accept-Encoding` names gzip, and not with the weight 0. */
function takesGzip(accepted = ''): boolean {
  return accepted.split(',').some(one => {
    const [name = '', ...parameters] = one
      .trim()
      .toLowerCase()
      .split(/\s*;\s*/)
    return name === 'gzip' && !parameters.some(parameter => /^q=0(\.0*)?$/.test(parameter))
  })
}
