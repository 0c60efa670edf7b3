import { createRefine, type RefinePorts } from '../../steps/batch/refine.ts'
import { readTypeWork } from '../../steps/batch/task.ts'

/** `{ type, epoch }` → curated data of a type and epoch. */
export function createHandler(ports: RefinePorts) {
  const refine = createRefine(ports)
  return (input: unknown) => refine(readTypeWork(input))
}
