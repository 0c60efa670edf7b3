import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import type { PlatformProcess } from '../platform-process.ts'

/** What readers have been sent since they connected: events of all of them together, and bytes. */
export type Heard = { readonly events: number; readonly bytes: number }

export type Listeners = { heard(): Promise<Heard>; close(): Promise<void> }

type Data = { readonly port: number; readonly key: string; readonly paths: readonly string[] }

/**
 * Connects a reader for each path, in a thread of its own, and resolves when all have what is there: of cells
 * of a metric a snapshot, of the tail of events the head of the answer.
 */
export async function openListeners(
  { port, key }: Pick<PlatformProcess, 'port' | 'key'>,
  paths: readonly string[],
): Promise<Listeners> {
  const worker = new Worker(new URL(import.meta.url), { workerData: { port, key, paths } satisfies Data })
  await once(worker, 'message', { signal: AbortSignal.timeout(60_000) })
  return {
    async heard() {
      worker.postMessage('heard')
      const [heard] = (await once(worker, 'message')) as [Heard]
      return heard
    },
    close: async () => void (await worker.terminate()),
  }
}

if (!isMainThread && parentPort !== null) {
  const { port, key, paths } = workerData as Data
  let bytes = 0
  let events = 0
  const isTail = (path: string) => path.startsWith('/v1/events/')
  const listen = (path: string): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1')
      socket.write(`GET ${path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer ${key}\r\n\r\n`)
      socket.on('data', chunk => {
        bytes += chunk.length
        for (let at = chunk.indexOf('\nevent: '); at >= 0; at = chunk.indexOf('\nevent: ', at + 1)) events++
        if (chunk.includes(isTail(path) ? 'HTTP/1.1 200' : 'event: snapshot')) resolve(socket)
      })
      socket.on('close', () => reject(new Error(`${path}: the platform ended it`)))
      socket.on('error', reject)
    })
  await Promise.all(paths.map(listen))
  parentPort.on('message', () => parentPort!.postMessage({ events, bytes } satisfies Heard))
  parentPort.postMessage('open')
}
