import { createGunzip } from 'node:zlib'
import { TributaryError } from '../../../core/errors.ts'
import { unpackLine } from './packed-line.ts'

/** No line is longer: HTTP requests end at 10 MB. */
const MAX_LINE = 64 * 1024 * 1024

/**
 * The complete lines of an object, gzip or plain, packed or not, in order. Inflated as they are taken, so
 * what is not asked for costs nothing.
 * @throws `corrupt_data` naming the object
 */
export async function* linesOf(content: Buffer, key: string): AsyncGenerator<string> {
  const isGzip = content[0] === 0x1f && content[1] === 0x8b
  let rest: string[] = []
  let length = 0
  try {
    for await (const chunk of textOf(content, isGzip)) {
      const parts = chunk.split('\n')
      const last = parts.pop()!
      for (const part of parts) {
        yield* unpackLine(rest.join('') + part)
        rest = []
        length = 0
      }
      rest.push(last)
      length += last.length
      if (length > MAX_LINE) throw new Error('a line is too long')
    }
  } catch (cause) {
    const detail = `${key} holds what is no gzip of JSON lines; move it out of the rejected events`
    throw cause instanceof TributaryError ? cause : new TributaryError('corrupt_data', detail, { cause })
  }
  if (length > 0) yield rest.join('')
}

function textOf(content: Buffer, isGzip: boolean): AsyncIterable<string> | Iterable<string> {
  if (!isGzip) return [content.toString()]
  const inflating = createGunzip().setEncoding('utf8')
  inflating.end(content)
  return inflating
}
