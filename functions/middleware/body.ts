import { isUtf8 } from 'node:buffer'
import { TributaryError } from '../../core/errors.ts'
import { gunzipWhole } from '../../drivers/files/gunzip.ts'
import type { HttpEvent } from './http.ts'

/** Largest body, in bytes, before and after inflating: the limit of API Gateway's HTTP API. */
export const MAX_BODY = 10 * 1024 * 1024

/**
 * Leaves the body as text in `event.body`: base64 decoded, inflated, checked to be UTF-8. Undefined: it was
 * text, nothing is to be waited for.
 */
export function textBody(event: HttpEvent): Promise<void> | undefined {
  const encoding = event.headers['content-encoding']
  if (event.isBase64Encoded || encoding !== undefined)
    return decode(event, encoding?.trim().toLowerCase() ?? 'identity')
  refuseLarge(event.body?.length ?? 0)
  return undefined
}

async function decode(event: HttpEvent, encoding: string): Promise<void> {
  const bytes = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8')
  refuseLarge(bytes.length)
  const plain = await decompress(bytes, encoding)
  if (!isUtf8(plain)) throw new TributaryError('bad_request', 'the body is not UTF-8 text')
  event.body = plain.toString('utf8')
  event.isBase64Encoded = false
}

async function decompress(bytes: Buffer, encoding: string): Promise<Buffer> {
  if (encoding === 'identity') return bytes
  if (encoding !== 'gzip' && encoding !== 'x-gzip')
    throw new TributaryError(
      'unsupported_media_type',
      `content encoding "${encoding.slice(0, 40)}" is not supported; send gzip, or none`,
    )
  try {
    // The limit stops inflating at once: a bomb costs no more memory than an honest body.
    return await gunzipWhole(bytes, MAX_BODY)
  } catch (cause) {
    if (cause instanceof RangeError) throw tooLarge(cause)
    throw new TributaryError('bad_request', 'the body is not complete, sound gzip', { cause })
  }
}

function refuseLarge(length: number): void {
  if (length > MAX_BODY) throw tooLarge()
}

function tooLarge(cause?: unknown): TributaryError {
  return new TributaryError('too_large', `a body is limited to ${MAX_BODY} bytes, also inflated; send less`, {
    cause,
  })
}
