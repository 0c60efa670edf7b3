/** A server-sent event. */
export type StreamEvent = { readonly name: string; readonly data: string; readonly id: string | undefined }

/**
 * Reads server-sent events from text as it comes (html.spec.whatwg.org, 9.2, of which the platform writes one
 * line of data an event). Not by EventSource, which can send no key in a header.
 */
export function createEventReader(tell: (event: StreamEvent) => void): (text: string) => void {
  let rest = ''
  return text => {
    const blocks = (rest + text).split('\n\n')
    rest = blocks.pop()!
    for (const block of blocks) {
      const event = readBlock(block)
      if (event !== undefined) tell(event)
    }
  }
}

/** Undefined: a comment, or something that is for whoever connects again. */
function readBlock(block: string): StreamEvent | undefined {
  const fields = new Map(block.split('\n').map(line => splitField(line)))
  const data = fields.get('data')
  return data === undefined
    ? undefined
    : { name: fields.get('event') ?? 'message', data, id: fields.get('id') }
}

function splitField(line: string): readonly [string, string] {
  const at = line.indexOf(': ')
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 2)]
}
