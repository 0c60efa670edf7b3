import { type AggregatePorts, createAggregate } from '../../steps/batch/aggregate.ts'
import { readMetricWork } from '../../steps/batch/task.ts'

/** `{ metric, epoch, mode }` → partials of a metric and epoch. */
export function createHandler(ports: AggregatePorts) {
  const aggregate = createAggregate(ports)
  return (input: unknown) => aggregate(readMetricWork(input))
}
