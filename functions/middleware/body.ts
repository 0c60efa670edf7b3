import { isUtf8 } from 'node:buffer'
import { TributaryError } from '../../core/errors.ts'
import { gunzipWhole } from '../../drivers/files/gunzip.ts'
import type { HttpEvent } from './http.ts'

/** Largest body, in bytes, as it is sent and after inflating: the limit of API Gateway's HTTP API. */
export const MAX_BODY = 10 * 1024 * 1024

/**
 * Largest body, in bytes, as it is sent to a Lambda function. A call is 6 MB at most with everything in it
 * (AWS Lambda quotas), and 4 MiB are 5.6 million bytes of base64, which is how gzip arrives. What is more,
 * API Gateway may refuse by itself, with no word on what would be right.
 */
export const LAMBDA_BODY = 4 * 1024 * 1024

/**
 * Leaves the body as text in `event.body`: base64 decoded, inflated, checked to be UTF-8; or, where a route
 * `takesBytes`, in base64 what is no text. Undefined: it was text, nothing is to be waited for.
 */
export function textBody(
  event: HttpEvent,
  longest = MAX_BODY,
  takesBytes = false,
): Promise<void> | undefined {
  const encoding = event.headers['content-encoding']
  if (event.isBase64Encoded || encoding !== undefined)
    return decode(event, encoding?.trim().toLowerCase() ?? 'identity', longest, takesBytes)
  const { body = '' } = event
  // A character of UTF-16 is three bytes of UTF-8 at most.
  if (body.length * 3 > longest) refuseLarge(Buffer.byteLength(body), longest)
  return undefined
}

async function decode(
  event: HttpEvent,
  encoding: string,
  longest: number,
  takesBytes: boolean,
): Promise<void> {
  const bytes = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8')
  refuseLarge(bytes.length, longest)
  const plain = await decompress(bytes, encoding)
  const isText = isUtf8(plain)
  if (!isText && !takesBytes) throw new TributaryError('bad_request', 'the body is not UTF-8 text')
  event.body = plain.toString(isText ? 'utf8' : 'base64')
  event.isBase64Encoded = !isText
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
    if (cause instanceof RangeError) throw tooLarge(MAX_BODY, ' when inflated', cause)
    throw new TributaryError('bad_request', 'the body is not complete, sound gzip', { cause })
  }
}

function refuseLarge(length: number, longest: number): void {
  if (length > longest) throw tooLarge(longest)
}

function tooLarge(longest: number, when = '', cause?: unknown): TributaryError {
  const detail = `a body is limited to ${longest} bytes${when}; send fewer events at once`
  return new TributaryError('too_large', detail, { cause })
}
