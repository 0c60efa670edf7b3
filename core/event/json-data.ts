import { parseJson, withoutMark } from '../json/json.ts'

/** Whether a content type is JSON's: `application/json`, or one with the suffix `+json` (RFC 6839). */
export function isJsonType(contentType: string): boolean {
  const [mediaType = ''] = contentType.split(';', 1)
  return /^[\w.-]+\/(?:[\w.-]+\+)?json$/i.test(mediaType.trim())
}

type Attributes = Readonly<Record<string, unknown>>

/**
 * An event whose data is JSON: itself, or where an SDK has sent the JSON as bytes (`data_base64`: Python's
 * does so with data that is bytes) a copy with what they hold as `data`. A text says why it has none.
 */
export function withJsonData(event: Attributes): Attributes | string {
  const { datacontenttype: type, data_base64: bytes } = event
  if (typeof type === 'string' && type !== 'application/json' && !isJsonType(type))
    return `data of type "${type.slice(0, 100)}" is not read; send JSON as application/json`
  return bytes === undefined || bytes === null ? event : withDataOf(event, bytes)
}

function withDataOf({ data_base64: _, ...event }: Attributes, bytes: unknown): Attributes | string {
  if (event['data'] !== undefined && event['data'] !== null)
    return 'an event has data or data_base64, not both; leave one out'
  const data = typeof bytes === 'string' ? jsonOfBase64(bytes) : undefined
  return data === undefined
    ? 'data_base64 is not the base64 of JSON text; send the JSON as data'
    : { ...event, data }
}

/** Undefined where the text is no base64 (RFC 4648, 4), its bytes are no UTF-8, or these no JSON. */
function jsonOfBase64(text: string): unknown {
  if (!BASE64.test(text) || text.length % 4 !== 0) return undefined
  try {
    return parseJson(withoutMark(utf8.decode(Buffer.from(text, 'base64'))))
  } catch {
    return undefined
  }
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
