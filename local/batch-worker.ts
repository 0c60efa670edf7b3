import { type MessagePort, workerData } from 'node:worker_threads'
import { openBatchThread } from './batch-thread.ts'
import { connect } from './rpc.ts'
import type { Settings } from './settings.ts'
import { runThread } from './thread-entry.ts'

const { stream, ledger, settings } = workerData as {
  stream: MessagePort
  ledger: MessagePort
  settings: Settings
}
await runThread(report =>
  openBatchThread(settings, { stream: connect(stream), ledger: connect(ledger) }, report),
)
