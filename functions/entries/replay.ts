import { markers, settings, speedConsumer, streamReader } from '../../drivers/compose/aws.ts'
import { createApplySpeed } from '../../steps/apply-speed.ts'
import { createHandler } from '../batch/replay-stream.ts'
import { ports, task } from '../compose/batch.ts'

export const handler = task(
  createHandler({
    ...ports,
    consumer: speedConsumer(),
    reader: streamReader(),
    apply: createApplySpeed({ pipeline: ports.pipeline, markers: markers(), views: ports.speed }),
    markersLag: settings.need('TRIBUTARY_STREAM_HOURS') * 3_600_000,
  }),
)
