import { connect, type Socket } from 'node:net'

/**
 * A client that means harm, as a process: what `HOSTILE` names, against a port, with a key or without, until
 * it is ended. Whatever the server closes is opened again at once.
 */
const { HOSTILE = '', TARGET_PORT = '0', TARGET_KEY = '' } = process.env
const port = Number(TARGET_PORT)
const authorisation = TARGET_KEY === '' ? '' : `authorization: Bearer ${TARGET_KEY}\r\n`
const head = (more: string) =>
  `POST /v1/events HTTP/1.1\r\nhost: x\r\n${authorisation}content-type: application/cloudevents-batch+json\r\n${more}\r\n`
const MB = 1024 * 1024

/** What a connection does when it is open; the timers it starts are ended with it. */
type Play = (socket: Socket, every: (ms: number, what: () => void) => void) => void

const PLAYS: Readonly<Record<string, { readonly sockets: number; readonly play: Play }>> = {
  'slow headers': {
    sockets: 200,
    play: (socket, every) => {
      socket.write('POST /v1/events HTTP/1.1\r\nhost: x\r\nx-a: ')
      every(500, () => socket.write('a'))
    },
  },
  'slow bodies': {
    sockets: 100,
    play: (socket, every) => {
      socket.write(head(`content-length: ${MB}\r\n`))
      every(300, () => socket.write('['))
    },
  },
  'bodies that stop in the middle': {
    sockets: 40,
    play: socket => {
      socket.write(head(`content-length: ${9 * MB}\r\n`))
      socket.write(Buffer.alloc(3 * MB, 0x20))
    },
  },
  'many sockets': { sockets: 1500, play: () => undefined },
  'huge announcements': {
    sockets: 60,
    play: socket => socket.write(head(`content-length: ${9.9 * MB}\r\n`)),
  },
  'huge announcements, compressed': {
    sockets: 60,
    play: socket => socket.write(head(`content-encoding: gzip\r\ncontent-length: ${9.9 * MB}\r\n`)),
  },
  'endless chunks': {
    sockets: 60,
    play: (socket, every) => {
      socket.write(head('transfer-encoding: chunked\r\n'))
      every(300, () => socket.write('1\r\n[\r\n'))
    },
  },
  'answers that nobody reads': {
    sockets: 30,
    play: socket => {
      socket.pause()
      socket.write('GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(5))
    },
  },
}

const PAUSE_MS = 200

function keepUp(play: Play): void {
  const socket = connect(port, '127.0.0.1')
  const timers: NodeJS.Timeout[] = []
  socket.on('connect', () => play(socket, (ms, what) => timers.push(setInterval(what, ms))))
  socket.on('error', () => undefined)
  if (HOSTILE !== 'answers that nobody reads') socket.resume()
  // The server has closed it: nothing more to do for this one.
  socket.on('end', () => socket.destroy())
  socket.on('close', () => {
    for (const timer of timers) clearInterval(timer)
    setTimeout(() => keepUp(play), PAUSE_MS)
  })
}

for (const name of HOSTILE.split('|')) {
  const found = PLAYS[name]
  if (found === undefined) throw new Error(`there is no play "${name}"`)
  for (let i = 0; i < found.sockets; i++) keepUp(found.play)
}
