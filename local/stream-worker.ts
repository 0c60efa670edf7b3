import { type MessagePort, workerData } from 'node:worker_threads'
import { openStreamThread, type StreamThreadData } from './stream-thread.ts'
import { runThread } from './thread-entry.ts'

const { thread, peer } = workerData as { thread: StreamThreadData; peer: MessagePort }
await runThread(report => openStreamThread(thread, report), [peer])
