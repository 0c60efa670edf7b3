import { parseInstant } from '../../core/data/time.ts'
import { TributaryError } from '../../core/errors.ts'
import { type Fields, listOf, numberOf, payloadOf, textOf } from '../../steps/batch/task.ts'
import {
  createDeliverMetric,
  createWriteManifest,
  type Delivered,
  type DeliverPorts,
} from '../../steps/delivery/deliver.ts'
import { createPlanDelivery } from '../../steps/delivery/plan-delivery.ts'

/**
 * The three tasks of a delivery: `{ action: 'plan', input: { month?, metrics? }, started }` → its work; `{
 * action: 'metric', metric, month }` → files of a metric; `{ action: 'manifest', month, delivered, run }` →
 * their list.
 */
export function deliver(ports: DeliverPorts) {
  const [plan, deliverMetric, manifest] = [
    createPlanDelivery(ports),
    createDeliverMetric(ports),
    createWriteManifest(ports),
  ]
  return async (input: unknown) => {
    const payload = payloadOf(input)
    switch (textOf(payload, 'action')) {
      case 'plan':
        return plan({ ...readInput(payloadOf(payload['input'])), startedAt: startOf(payload) })
      case 'metric':
        return deliverMetric({ metric: textOf(payload, 'metric'), month: textOf(payload, 'month') })
      case 'manifest':
        return manifest({
          ...{ month: textOf(payload, 'month'), run: textOf(payload, 'run') },
          metrics: listOf(payload, 'delivered', readDelivered),
        })
      default:
        throw new TributaryError('bad_request', '"action" must be plan, metric or manifest')
    }
  }
}

/** What a caller gives; a mistyped name must not deliver the default. */
function readInput(input: Fields) {
  const unknown = Object.keys(input).find(name => name !== 'month' && name !== 'metrics')
  if (unknown !== undefined)
    throw new TributaryError('bad_request', `a delivery has no "${unknown}"; give "month" or "metrics"`)
  return {
    month: input['month'] === undefined ? undefined : textOf(input, 'month'),
    metrics: input['metrics'] === undefined ? undefined : listOf(input, 'metrics', readName),
  }
}

function readName(value: unknown): string {
  if (typeof value === 'string') return value
  throw new TributaryError('bad_request', '"metrics" must be a list of names of metrics')
}

function startOf(payload: Fields): number {
  const instant = parseInstant(textOf(payload, 'started'))
  if (instant !== undefined) return instant
  throw new TributaryError('bad_request', '"started" must be an instant')
}

function readDelivered(value: unknown): Delivered {
  const payload = payloadOf(value)
  const text = (name: string) => textOf(payload, name)
  return {
    ...{ metric: text('metric'), rows: numberOf(payload, 'rows') },
    ...{ boundary: text('boundary'), publishedBy: text('publishedBy') },
    ...{ csv: readFile(payload['csv']), parquet: readFile(payload['parquet']) },
  }
}

function readFile(value: unknown) {
  const file = payloadOf(value)
  return { path: textOf(file, 'path'), bytes: numberOf(file, 'bytes'), sha256: textOf(file, 'sha256') }
}
