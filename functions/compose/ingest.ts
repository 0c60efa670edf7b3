import { createMonotonicClock } from '../../core/data/monotonic-clock.ts'
import { compileAcceptor } from '../../core/event/accept.ts'
import { compileTimeCheck } from '../../core/event/event-times.ts'
import { createRecentEvents } from '../../core/memory/recent-events.ts'
import { eventStream, horizon, partitioningRecord, recordSize, settings } from '../../drivers/compose/aws.ts'
import { pipeline, validators } from '../../drivers/pipeline/compiled.ts'
import { processName } from '../../drivers/process-name.ts'
import { createIngest, type Ingest, type IngestPorts } from '../../steps/ingest.ts'
import { createPartitions } from '../../steps/partitions.ts'
import { measuredIngest, reportFailure, reportFewerPartitions } from '../observability/reports.ts'

const checkTime = compileTimeCheck(
  { ahead: settings.need('TRIBUTARY_TIME_AHEAD'), behind: settings.need('TRIBUTARY_TIME_BEHIND') },
  Date.now,
)

/** The ingest step on AWS, with the given home for rejected events. */
export function awsIngest(rejected: IngestPorts['rejected']): Ingest {
  const { now } = createMonotonicClock(0, Date.now)
  const epochLength = settings.need('TRIBUTARY_EPOCH')
  const partitions = createPartitions({
    ...{ record: partitioningRecord(), epochLength, now, onFewer: reportFewerPartitions },
    partitions: settings.need('TRIBUTARY_PARTITIONS'),
  })
  const ingest = createIngest({
    accept: compileAcceptor(pipeline, validators, checkTime),
    stream: eventStream(partitions.spreadOf, failure => reportFailure(failure, 'acknowledge')),
    ...{ rejected, now, epochLength, recordSize, process: processName() },
    ...{ ready: partitions.ready, partitionsAt: partitions.at },
    // Of what this instance stored: numbers that it has not seen may be with another one.
    memory: { events: createRecentEvents() },
    horizon: horizon(),
  })
  return measuredIngest(ingest)
}
