import { createPublish, type PublishPorts } from '../../steps/batch/publish.ts'
import { readMetricWork } from '../../steps/batch/task.ts'

/** `{ metric, epoch, mode }` → the batch views of a metric with the epoch in them, not yet shown. */
export function createHandler(ports: PublishPorts) {
  const publish = createPublish(ports)
  return (input: unknown) => publish(readMetricWork(input))
}
