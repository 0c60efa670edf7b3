import { workerData } from 'node:worker_threads'
import { compileAcceptor } from '../../core/event/accept.ts'
import { type EventsRequest, readEventsRequest } from '../../core/event/cloudevents-http.ts'
import { compileTimeCheck } from '../../core/event/event-times.ts'
import { loadPipeline } from '../../drivers/pipeline/folder.ts'
import { createAjvValidators } from '../../drivers/validators/ajv.ts'
import { judge } from '../../steps/judge.ts'
import { runThread } from '../threads/thread-entry.ts'
import type { JudgingData } from './judging.ts'

const { pipeline: folder, timeBounds } = workerData as JudgingData

await runThread(async () => {
  const checkTime = compileTimeCheck(timeBounds, Date.now)
  const accept = compileAcceptor(await loadPipeline(folder), createAjvValidators(), checkTime)
  return {
    judge: async (request: EventsRequest) => {
      const { events, texts } = readEventsRequest(request)
      return judge(accept, events, texts)
    },
    close: async () => undefined,
  }
})
