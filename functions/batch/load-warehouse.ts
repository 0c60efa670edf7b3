import { createLoadWarehouse, type LoadWarehousePorts } from '../../steps/batch/load-warehouse.ts'
import { readEpochWork } from '../../steps/batch/task.ts'

/** `{ epoch, mode, types, metrics }` → the warehouse with the epoch in it. */
export function createHandler(ports: LoadWarehousePorts) {
  const load = createLoadWarehouse(ports)
  return (input: unknown) => load(readEpochWork(input))
}
