import { CALENDAR_WINDOWS } from '../../core/data/calendar.ts'
import { parseInstant } from '../../core/data/time.ts'
import { checkRunInput } from '../../core/declare/run-input.ts'
import { TributaryError } from '../../core/errors.ts'
import { type Fields, listOf, numberOf, payloadOf, textOf } from '../../steps/batch/task.ts'
import {
  createDeliverMetric,
  createWriteManifest,
  type Delivered,
  type DeliverPorts,
} from '../../steps/delivery/deliver.ts'
import { AS_DECLARED, type Delivery } from '../../steps/delivery/delivery.ts'
import { createPlanDelivery } from '../../steps/delivery/plan-delivery.ts'

/**
 * The three tasks of a delivery: `{ action: 'plan', input: { month?, metrics?, window?, timezone? }, started
 * }` → its work; `{ action: 'metric', metric, delivery }` → files of a metric; `{ action: 'manifest',
 * delivery, delivered, run }` → their list.
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
        return deliverMetric({ metric: textOf(payload, 'metric'), delivery: readDelivery(payload) })
      case 'manifest':
        return manifest({
          ...{ delivery: readDelivery(payload), run: textOf(payload, 'run') },
          metrics: listOf(payload, 'delivered', readDelivered),
        })
      default:
        throw new TributaryError('bad_request', '"action" must be plan, metric or manifest')
    }
  }
}

/** What a caller gives; a mistyped name must not deliver the default. */
function readInput(input: Fields) {
  checkRunInput('delivery', input)
  const given = (name: string) => (input[name] === undefined ? undefined : textOf(input, name))
  return {
    ...{ month: given('month'), timezone: given('timezone') ?? AS_DECLARED.timezone },
    window: readWindow(given('window') ?? AS_DECLARED.window),
    metrics: input['metrics'] === undefined ? undefined : listOf(input, 'metrics', readName),
  }
}

function readDelivery(payload: Fields): Delivery {
  const delivery = payloadOf(payload['delivery'])
  const { month, timezone } = { month: textOf(delivery, 'month'), timezone: textOf(delivery, 'timezone') }
  return { month, timezone, window: readWindow(textOf(delivery, 'window')) }
}

function readWindow(text: string): Delivery['window'] {
  if (text === AS_DECLARED.window) return text
  const window = CALENDAR_WINDOWS.find(one => one === text)
  if (window !== undefined) return window
  throw new TributaryError('bad_request', `"window" must be one of ${CALENDAR_WINDOWS.join(', ')}`)
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
