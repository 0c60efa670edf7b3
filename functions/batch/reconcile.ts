import { createReconcile, type ReconcilePorts } from '../../steps/batch/reconcile.ts'
import { listOf, numberOf, payloadOf, readMetricWork, textOf } from '../../steps/batch/task.ts'

/** `{ epoch, refined, metrics }` → what every layer says about an epoch. */
export function createHandler(ports: ReconcilePorts) {
  const reconcile = createReconcile(ports)
  return (input: unknown) => {
    const payload = payloadOf(input)
    return reconcile({
      epoch: numberOf(payload, 'epoch'),
      refined: listOf(payload, 'refined', readRefined),
      metrics: listOf(payload, 'metrics', readMetricWork),
    })
  }
}

function readRefined(value: unknown) {
  const payload = payloadOf(value)
  return {
    type: textOf(payload, 'type'),
    raw: numberOf(payload, 'raw'),
    curated: numberOf(payload, 'curated'),
    duplicates: numberOf(payload, 'duplicates'),
    redelivered: numberOf(payload, 'redelivered'),
  }
}
