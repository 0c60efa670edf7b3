import { TributaryError } from '../errors.ts'

/**
 * The text of an attribute in a `ce-` header (CloudEvents HTTP binding 1.0.2, 3.1.3.2): a value in double
 * quotes is taken out of them, then percent-encoded bytes are decoded, once. Two things that the binding
 * does not write are read as they are meant. SDKs of Go and Java send UTF-8 as it is; servers hand such
 * bytes on as a character each (Node) or decoded. A percent sign that no two hexadecimal digits follow
 * encodes nothing, and stands for itself.
 *
 * @throws TributaryError `bad_request` where the bytes are not UTF-8, as the binding demands
 * @example headerText('ce-id', '"caf%C3%A9"') // 'café'
 */
export function headerText(name: string, value: string): string {
  if (IS_PLAIN.test(value)) return value
  // A character above U+00FF was decoded by whoever handed the request on; others are bytes.
  const bytes = Buffer.from(unquoted(value), HAS_WIDE.test(value) ? 'utf8' : 'latin1')
  try {
    return strict.decode(percentDecoded(bytes))
  } catch (cause) {
    const remedy = 'is not UTF-8; percent-encode what is not printable ASCII'
    throw new TributaryError('bad_request', `header ${name.slice(0, 80)} ${remedy}`, { cause })
  }
}

/** Printable ASCII without quotes around it or a percent sign. */
const IS_PLAIN = /^(?!")[ -$&-~]*$/
const HAS_WIDE = /[\u0100-\uffff]/
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** RFC 7230, 3.2.6: in a quoted string a backslash stands before a character that means itself. */
function unquoted(value: string): string {
  const inside = /^"((?:[^"\\]|\\.)*)"$/s.exec(value)?.[1]
  return inside === undefined ? value : inside.replaceAll(/\\(.)/gs, '$1')
}

const PERCENT = 0x25

function percentDecoded(bytes: Buffer): Buffer {
  if (!bytes.includes(PERCENT)) return bytes
  const decoded = Buffer.alloc(bytes.length)
  let length = 0
  for (let at = 0; at < bytes.length; at++) {
    const pair = bytes[at] === PERCENT ? bytes.toString('latin1', at + 1, at + 3) : ''
    const isEncoded = /^[\da-f]{2}$/i.test(pair)
    decoded[length++] = isEncoded ? Number.parseInt(pair, 16) : bytes[at]!
    if (isEncoded) at += 2
  }
  return decoded.subarray(0, length)
}
