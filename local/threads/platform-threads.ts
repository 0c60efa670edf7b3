import { totalmem } from 'node:os'
import { MessageChannel } from 'node:worker_threads'
import type { BatchOffers } from '../batch/batch-thread.ts'
import type { Settings } from '../settings.ts'
import { ITEM_BYTES } from '../stream/memory-guard.ts'
import type { StreamOffers, StreamThreadData } from '../stream/stream-thread.ts'
import { startThread, type ThreadOptions } from './thread.ts'

/** Heap of the stream thread, which holds the real-time views: half of the machine's memory, 8 GB at most. */
const STREAM_HEAP_MB = Math.min(8192, Math.floor(totalmem() / 2e6))

export type ThreadsOptions = Pick<StreamThreadData, 'shared' | 'words' | 'openedAt' | 'dedupeHorizon'> &
  Pick<ThreadOptions, 'report' | 'onDeath'> & {
    readonly settings: Settings
    readonly onStreamProgress: (how: string) => void
  }

/**
 * Starts the thread of the speed layer and that of batches, which call each other.
 *
 * @returns also `intake`, by which batches call the thread that takes events in
 */
export function startThreads({ settings, report, onDeath, onStreamProgress, ...of }: ThreadsOptions) {
  const channel = new MessageChannel()
  const intake = new MessageChannel()
  const stream = startThread<StreamOffers>({
    ...{ report, onDeath, onProgress: onStreamProgress },
    file: new URL('../stream/stream-worker.ts', import.meta.url),
    youngGenerationMb: 64,
    oldGenerationMb: STREAM_HEAP_MB,
    transfer: [channel.port1],
    data: {
      peer: channel.port1,
      thread: {
        ...of,
        data: settings.data,
        pipeline: settings.pipeline,
        epochLength: settings.epochLength,
        maxItems: Math.floor((STREAM_HEAP_MB * 1e6) / ITEM_BYTES),
        heapMb: STREAM_HEAP_MB,
      } satisfies StreamThreadData,
    },
  })
  const batch = startThread<BatchOffers>({
    ...{ report, onDeath },
    file: new URL('../batch/batch-worker.ts', import.meta.url),
    transfer: [channel.port2, intake.port2],
    data: { stream: channel.port2, intake: intake.port2, settings },
  })
  return { stream, batch, intake: intake.port1 }
}
