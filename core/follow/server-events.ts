/** A server-sent event (html.spec.whatwg.org, 9.2). */
export type ServerEvent = { readonly name: string; readonly data: string; readonly id: string | undefined }

/** Longest event, UTF-16 units: far more than an answer that can be followed has. */
const LONGEST = 64 * 1024 * 1024

/**
 * Reads server-sent events from text as it comes, of which the platform writes one line of data each. A block
 * without data tells only that the other side is there. Not by EventSource, which can send no key in a
 * header.
 *
 * @throws (the reader) Error where an event does not end
 */
export function createEventReader(tell: (event: ServerEvent) => void): (text: string) => void {
  let rest = ''
  return text => {
    const blocks = (rest + text).split('\n\n')
    rest = blocks.pop()!
    if (rest.length > LONGEST) throw new Error(`an event has more than ${LONGEST} characters`)
    for (const block of blocks) {
      const fields = new Map(block.split('\n').map(fieldOf))
      const data = fields.get('data')
      if (data !== undefined) tell({ name: fields.get('event') ?? 'message', data, id: fields.get('id') })
    }
  }
}

function fieldOf(line: string): readonly [string, string] {
  const at = line.indexOf(': ')
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 2)]
}
