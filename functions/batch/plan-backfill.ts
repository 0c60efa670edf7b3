import { createPlanBackfill, type PlanBackfillPorts } from '../../steps/batch/plan-backfill.ts'
import { numberOf, payloadOf, textOf } from '../../steps/batch/task.ts'

/** `{ turn, spent, last, input: { from, to } }` → the next epoch of a backfill. */
export function createHandler(ports: PlanBackfillPorts) {
  const plan = createPlanBackfill(ports)
  return (input: unknown) => {
    const payload = payloadOf(input)
    const range = payloadOf(payload['input'])
    const turn = numberOf(payload, 'turn')
    const last = turn === 0 ? undefined : numberOf(payload, 'last')
    const spent = numberOf(payload, 'spent')
    return plan({ turn, spent, last, from: textOf(range, 'from'), to: textOf(range, 'to') })
  }
}
