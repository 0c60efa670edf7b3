import { type MessagePort, workerData } from 'node:worker_threads'
import { runThread } from '../threads/thread-entry.ts'
import { openStreamThread, type StreamThreadData } from './stream-thread.ts'

const { thread, peer } = workerData as { thread: StreamThreadData; peer: MessagePort }
await runThread((report, progress) => openStreamThread(thread, report, progress), [peer])
