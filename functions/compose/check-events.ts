import { epochOf } from '../../core/data/epoch.ts'
import { compileAcceptor } from '../../core/event/accept.ts'
import { compileTimeCheck } from '../../core/event/event-times.ts'
import { newPartitioning, spreadAt } from '../../core/event/partitioning.ts'
import { partitioningRecord, settings } from '../../drivers/compose/aws.ts'
import { pipeline, validators } from '../../drivers/pipeline/compiled.ts'
import { type CheckEvents, createCheckEvents } from '../../steps/check-events.ts'
import { judgeRequest } from '../../steps/judge.ts'

/**
 * The check of events on AWS. How events are partitioned is read and never recorded: before a stage has any,
 * it is what the first of them would record.
 */
export function awsCheckEvents(): CheckEvents {
  const bounds = {
    ahead: settings.need('TRIBUTARY_TIME_AHEAD'),
    behind: settings.need('TRIBUTARY_TIME_BEHIND'),
  }
  const accept = compileAcceptor(pipeline, validators, compileTimeCheck(bounds, Date.now))
  const epochLength = settings.need('TRIBUTARY_EPOCH')
  const record = partitioningRecord()
  return createCheckEvents({
    pipeline,
    judge: request => judgeRequest(accept, request),
    async partitions() {
      const found = await record.read()
      const partitioning =
        found?.partitioning ?? newPartitioning(epochLength, settings.need('TRIBUTARY_PARTITIONS'))
      return spreadAt(partitioning, epochOf(Date.now(), epochLength))
    },
  })
}
