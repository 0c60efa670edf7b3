import { type Transferable, Worker } from 'node:worker_threads'
import { type ErrorCode, TributaryError } from '../../core/errors.ts'
import { type Caller, connect, type Offers } from './rpc.ts'

/** What every thread offers: to finish what is under way and make it durable. */
export type Closes = { readonly close: () => Promise<void> }

/** A worker thread of the platform: answers calls, reports failures, says when it is ready. */
export type Thread<Offered extends Offers> = {
  readonly call: Caller<Offered>
  /** Resolves when the thread can be called; rejects when it could not start. */
  readonly ready: Promise<void>
  /** Has the thread finish what is under way and make it durable, then ends it. */
  close(timeoutMs: number): Promise<void>
}

/** What a thread says beside its answers to calls. */
export type ThreadMessage =
  | { readonly ready: true }
  | { readonly failed: { readonly code: ErrorCode; readonly detail: string } }
  | { readonly report: { readonly code: ErrorCode; readonly detail: string } }
  | { readonly progress: string }

export type ThreadOptions = {
  readonly file: URL
  readonly data: unknown
  readonly transfer: readonly Transferable[]
  /** New-generation heap: objects of the stream die young, and a roomy nursery spares the collector. */
  readonly youngGenerationMb?: number
  readonly oldGenerationMb?: number
  readonly report: (failure: TributaryError) => void
  /** Told, before it is ready, how far it is. */
  readonly onProgress?: (how: string) => void
  /** Called when the thread ends without having been asked to. */
  readonly onDeath: (cause: TributaryError) => void
}

/**
 * Starts a thread. Its file runs `runThread` with what it offers.
 *
 * @example
 * const stream = startThread<StreamOffers>({ file: new URL('./stream/stream-worker.ts', import.meta.url), … })
 * await stream.ready
 * const rows = await stream.call('query', [query])
 */
export function startThread<Offered extends Offers & Closes>(options: ThreadOptions): Thread<Offered> {
  const { file, data, transfer, youngGenerationMb, oldGenerationMb, report } = options
  const worker = new Worker(file, {
    workerData: data,
    transferList: [...transfer],
    resourceLimits: {
      ...(youngGenerationMb !== undefined && { maxYoungGenerationSizeMb: youngGenerationMb }),
      ...(oldGenerationMb !== undefined && { maxOldGenerationSizeMb: oldGenerationMb }),
    },
  })
  let closing = false
  const ready = new Promise<void>((resolve, reject) => {
    worker.on('message', (message: ThreadMessage) => {
      if ('ready' in message) resolve()
      if ('failed' in message) reject(new TributaryError(message.failed.code, message.failed.detail))
      if ('progress' in message) options.onProgress?.(message.progress)
      if ('report' in message) report(new TributaryError(message.report.code, message.report.detail))
    })
    worker.once('error', cause => {
      const death = new TributaryError('internal', `a thread ended: ${String(cause)}`, { cause })
      reject(death)
      if (!closing) options.onDeath(death)
    })
  })
  const call = connect<Offered>(worker)
  return {
    call,
    ready,
    async close(timeoutMs) {
      closing = true
      try {
        await call('close', [] as Parameters<Offered['close']>, { timeoutMs })
      } finally {
        await worker.terminate()
      }
    },
  }
}
