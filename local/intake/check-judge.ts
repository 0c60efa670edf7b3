import type { Pipeline } from '../../core/declare/pipeline.ts'
import { type Acceptor, compileAcceptor } from '../../core/event/accept.ts'
import type { EventsRequest } from '../../core/event/cloudevents-http.ts'
import { compileTimeCheck, type TimeBounds } from '../../core/event/event-times.ts'
import type { Partitions } from '../../core/event/partition.ts'
import type { Validators } from '../../core/ports/validators.ts'
import { type CheckEvents, createCheckEvents } from '../../steps/check-events.ts'
import { type Judged, judgeRequest } from '../../steps/judge.ts'
import { LARGE_BODY, plain } from './intake.ts'
import type { Judging } from './judging.ts'

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

export type LocalCheckPorts = {
  readonly pipeline: Pipeline
  readonly validators: Validators
  readonly bounds: TimeBounds
  readonly judging: Pick<Judging, 'judge'>
  readonly partitions: Partitions
}

/** The check of events on one machine: small requests are judged where they come in, large ones beside it. */
export function createLocalCheck(ports: LocalCheckPorts): CheckEvents {
  const { pipeline, validators, bounds, judging, partitions } = ports
  const small = createCheckJudge(pipeline, validators, bounds)
  return createCheckEvents({
    pipeline,
    judge: (request, sender) =>
      request.body.length < LARGE_BODY ? small(request) : judging.judge(plain(request), sender, 'check'),
    partitions: async () => partitions,
  })
}
