import { TributaryError } from '../../core/errors.ts'
import {
  type BackfillRange,
  createPlanBackfill,
  type PlanBackfillPorts,
} from '../../steps/batch/plan-backfill.ts'
import { numberOf, payloadOf, textOf } from '../../steps/batch/task.ts'

/**
 * `{ turn, spent, last, input, plan }` → the next epoch of a backfill. The range is that of the input at the first turn
 * (`{ from, to }` or `{ last }`), then that of the plan before.
 */
export function createHandler(ports: PlanBackfillPorts) {
  const plan = createPlanBackfill(ports)
  return (input: unknown) => {
    const payload = payloadOf(input)
    const [turn, spent] = [numberOf(payload, 'turn'), numberOf(payload, 'spent')]
    if (turn === 0) return plan({ turn, spent, last: undefined, range: inputRange(payload['input']) })
    const range = instants(payloadOf(payloadOf(payload['plan'])['range']))
    return plan({ turn, spent, last: numberOf(payload, 'last'), range })
  }
}

function inputRange(input: unknown): BackfillRange {
  const range = payloadOf(input)
  const hasInstants = range['from'] !== undefined || range['to'] !== undefined
  const hasLast = range['last'] !== undefined
  if (hasInstants !== hasLast) return hasLast ? { last: textOf(range, 'last') } : instants(range)
  throw new TributaryError('bad_request', 'give a backfill "from" and "to", or "last", not both')
}

function instants(range: Readonly<Record<string, unknown>>) {
  return { from: textOf(range, 'from'), to: textOf(range, 'to') }
}
