import {
  createLoadWarehouse,
  type LoadProgress,
  type LoadWarehousePorts,
} from '../../steps/batch/load-warehouse.ts'
import { numberOf, payloadOf, readEpochWork, textOf } from '../../steps/batch/task.ts'

/**
 * `{ epoch, mode, types, metrics, run, entered, load }` → the warehouse with the epoch in it, or how long to wait before calling
 * again with the answer as `load`.
 */
export function createHandler(ports: LoadWarehousePorts) {
  const load = createLoadWarehouse(ports)
  return (input: unknown) => load(readEpochWork(input), readProgress(input))
}

function readProgress(input: unknown): LoadProgress {
  const payload = payloadOf(input)
  const progress = payloadOf(payload['load'])
  const [attempt, starts, spent] = [
    numberOf(progress, 'attempt'),
    numberOf(progress, 'starts'),
    numberOf(progress, 'spent'),
  ]
  const [name, statement] = [progress['name'], progress['statement']]
  return {
    ...{ attempt, starts, spent },
    // Of the state as it was entered first: the same when a lost answer makes it be called again.
    name: typeof name === 'string' && name !== '' ? name : nameOf(payload),
    statement: typeof statement === 'string' ? statement : '',
  }
}

function nameOf(payload: Readonly<Record<string, unknown>>): string {
  const { epoch, mode } = readEpochWork(payload)
  return [textOf(payload, 'run'), textOf(payload, 'entered'), epoch, mode].join(' ')
}
