import { Writable } from 'node:stream'

/** What a command prints to, and what it has printed so far. `isTTY`: it takes it for a terminal. */
export function sink(isTTY = false) {
  let text = ''
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk)
      done()
    },
  })
  return { stream: Object.assign(stream, { isTTY }), text: () => text }
}
