import type { Pipeline } from '../../core/declare/pipeline.ts'
import { type Acceptor, compileAcceptor } from '../../core/event/accept.ts'
import type { EventsRequest } from '../../core/event/cloudevents-http.ts'
import { compileTimeCheck, type TimeBounds } from '../../core/event/event-times.ts'
import type { Validators } from '../../core/ports/validators.ts'
import { type Judged, judgeRequest } from '../../steps/judge.ts'

/**
 * Judges requests that are only checked, by an acceptor of its own: that of ingest remembers which undeclared
 * fields it has told of. Made at the first check, which most platforms never see.
 */
export function createCheckJudge(
  pipeline: Pipeline,
  validators: Validators,
  bounds: TimeBounds,
): (request: EventsRequest) => Judged {
  let accept: Acceptor | undefined
  return request => {
    accept ??= compileAcceptor(pipeline, validators, compileTimeCheck(bounds, Date.now))
    return judgeRequest(accept, request)
  }
}
