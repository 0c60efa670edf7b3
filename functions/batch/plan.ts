import { createPlan, type PlanPorts } from '../../steps/batch/plan.ts'
import { numberOf, payloadOf, textOf } from '../../steps/batch/task.ts'

/** `{ turn, spent, run }` → the next epoch of a batch run. */
export function createHandler(ports: PlanPorts) {
  const plan = createPlan(ports)
  return (input: unknown) => {
    const payload = payloadOf(input)
    return plan({
      turn: numberOf(payload, 'turn'),
      spent: numberOf(payload, 'spent'),
      run: textOf(payload, 'run'),
    })
  }
}
