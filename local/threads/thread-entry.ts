import { type MessagePort, parentPort } from 'node:worker_threads'
import { type TributaryError, toTributaryError } from '../../core/errors.ts'
import { type Offers, serve } from './rpc.ts'
import type { Closes, ThreadMessage } from './thread.ts'

/**
 * What the file of a thread does: opens its part, then answers calls from the main thread and from `peers`.
 */
export async function runThread(
  open: (
    report: (failure: TributaryError) => void,
    progress: (how: string) => void,
  ) => Promise<Offers & Closes>,
  peers: readonly MessagePort[] = [],
): Promise<void> {
  const say = (message: ThreadMessage) => parentPort!.postMessage(message)
  try {
    const offers = await open(
      ({ code, message }) => say({ report: { code, detail: message } }),
      how => say({ progress: how }),
    )
    for (const port of [parentPort!, ...peers]) serve(port, offers)
    say({ ready: true })
  } catch (error) {
    const { code, message } = toTributaryError(error)
    say({ failed: { code, detail: message } })
  }
}
