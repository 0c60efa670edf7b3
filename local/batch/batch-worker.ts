import { type MessagePort, workerData } from 'node:worker_threads'
import type { Settings } from '../settings.ts'
import type { StreamOffers } from '../stream/stream-thread.ts'
import { connect } from '../threads/rpc.ts'
import { runThread } from '../threads/thread-entry.ts'
import { type IntakeOffers, openBatchThread } from './batch-thread.ts'

const { stream, intake, settings } = workerData as {
  stream: MessagePort
  intake: MessagePort
  settings: Settings
}
await runThread(report =>
  openBatchThread(
    settings,
    { stream: connect<StreamOffers>(stream), intake: connect<IntakeOffers>(intake) },
    report,
  ),
)
