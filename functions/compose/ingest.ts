import { createMonotonicClock } from '../../core/data/monotonic-clock.ts'
import { compileAcceptor } from '../../core/event/accept.ts'
import { compileTimeCheck } from '../../core/event/event-times.ts'
import { eventStream, recordSize, settings } from '../../drivers/compose/aws.ts'
import { pipeline, validators } from '../../drivers/pipeline/compiled.ts'
import { processName } from '../../drivers/process-name.ts'
import { createIngest, type Ingest, type IngestPorts } from '../../steps/ingest.ts'
import { measuredIngest, reportFailure } from '../observability/reports.ts'

const checkTime = compileTimeCheck(
  { ahead: settings.need('TRIBUTARY_TIME_AHEAD'), behind: settings.need('TRIBUTARY_TIME_BEHIND') },
  Date.now,
)

/** The ingest step on AWS, with the given home for rejected events. */
export function awsIngest(rejected: IngestPorts['rejected']): Ingest {
  return measuredIngest(
    createIngest({
      accept: compileAcceptor(pipeline, validators, settings.need('TRIBUTARY_PARTITIONS'), checkTime),
      stream: eventStream(failure => reportFailure(failure, 'acknowledge')),
      rejected,
      now: createMonotonicClock(0, Date.now).now,
      epochLength: settings.need('TRIBUTARY_EPOCH'),
      process: processName(),
      recordSize,
    }),
  )
}
