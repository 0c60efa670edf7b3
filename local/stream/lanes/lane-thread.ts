import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { startThread } from '../../threads/thread.ts'
import type { JudgedClaims } from './claims-ahead.ts'
import type { LaneData, LaneListeners, LaneOffers } from './lane.ts'

/** A lane in a thread of its own. */
export type LaneThread = LaneOffers & {
  readonly ready: Promise<void>
  /** Tells the lane of claims that were judged ahead of it. */
  readonly judged: (claims: JudgedClaims) => void
}

export type LaneThreadData = { readonly lane: LaneData; readonly judged: MessagePort }

const CLOSE_TIMEOUT = 30_000
/** A checkpoint of millions of items takes its time. */
const SAVE_TIMEOUT = 300_000

export function startLaneThread(
  lane: LaneData,
  heapMb: number,
  { report, progress }: Pick<LaneListeners, 'report' | 'progress'>,
): LaneThread {
  const { port1, port2 } = new MessageChannel()
  const thread = startThread<LaneOffers>({
    file: new URL('./lane-worker.ts', import.meta.url),
    data: { lane, judged: port2 } satisfies LaneThreadData,
    transfer: [port2],
    youngGenerationMb: 64,
    oldGenerationMb: heapMb,
    report,
    onProgress: progress,
    // The platform ends with any of its threads, and whoever runs it starts it again.
    onDeath: cause => setImmediate(() => Promise.reject(cause)),
  })
  const { call } = thread
  return {
    ready: thread.ready,
    judged: claims => port1.postMessage(claims),
    query: query => call('query', [query]),
    epoch: request => call('epoch', [request]),
    keys: (metric, epoch) => call('keys', [metric, epoch]),
    drop: (metric, through) => call('drop', [metric, through]),
    write: writes => call('write', [writes]),
    save: (position, durable) => call('save', [position, durable], { timeoutMs: SAVE_TIMEOUT }),
    status: () => call('status', [], { timeoutMs: 2000 }),
    stop: () => call('stop', []),
    close: async () => {
      port1.close()
      await thread.close(CLOSE_TIMEOUT)
    },
  }
}
