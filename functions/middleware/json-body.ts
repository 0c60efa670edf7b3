import { TributaryError } from '../../core/errors.ts'
import { withoutMark } from '../../core/json/json.ts'
import type { HttpEvent } from './http.ts'

/**
 * The JSON object in a request's body; an empty body is an empty object. Keys other than `known` are refused.
 *
 * @throws TributaryError `bad_request`, `unsupported_media_type`
 */
export function jsonObject(event: HttpEvent, known: readonly string[]): Readonly<Record<string, unknown>> {
  if (event.body === undefined || event.body === '') return {}
  const mediaType = (event.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase()
  if (mediaType !== 'application/json')
    throw new TributaryError('unsupported_media_type', 'send the header content-type: application/json')
  const value = parse(event.body)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TributaryError('bad_request', 'the body is not a JSON object')
  for (const key of Object.keys(value))
    if (!known.includes(key))
      throw new TributaryError('bad_request', `"${key.slice(0, 100)}" is not known; use ${known.join(', ')}`)
  return value as Record<string, unknown>
}

function parse(text: string): unknown {
  try {
    return JSON.parse(withoutMark(text))
  } catch (cause) {
    // The parser quotes the body, which may hold secrets.
    throw new TributaryError('bad_request', 'the body is not JSON', { cause })
  }
}
