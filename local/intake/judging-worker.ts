import { workerData } from 'node:worker_threads'
import { compileAcceptor } from '../../core/event/accept.ts'
import type { EventsRequest } from '../../core/event/cloudevents-http.ts'
import { compileTimeCheck } from '../../core/event/event-times.ts'
import { loadPipeline } from '../../drivers/pipeline/folder.ts'
import { createAjvValidators } from '../../drivers/validators/ajv.ts'
import { judgeRequest } from '../../steps/judge.ts'
import { runThread } from '../threads/thread-entry.ts'
import { createCheckJudge } from './check-judge.ts'
import type { JudgedFor, JudgingData } from './judging.ts'

const { pipeline: folder, timeBounds } = workerData as JudgingData

await runThread(async () => {
  const pipeline = await loadPipeline(folder)
  const validators = createAjvValidators()
  const accept = compileAcceptor(pipeline, validators, compileTimeCheck(timeBounds, Date.now))
  const check = createCheckJudge(pipeline, validators, timeBounds)
  return {
    judge: async (request: EventsRequest, kind: JudgedFor) =>
      kind === 'check' ? check(request) : judgeRequest(accept, request),
    close: async () => undefined,
  }
})
