import { type AwaitRawPorts, createAwaitRaw } from '../../steps/batch/await-raw.ts'
import { numberOf, payloadOf } from '../../steps/batch/task.ts'

/** `{ epoch, attempt }` → whether raw data is complete, and how long to wait if it is not. */
export function createHandler(ports: AwaitRawPorts) {
  const awaitRaw = createAwaitRaw(ports)
  return (input: unknown) => {
    const payload = payloadOf(input)
    return awaitRaw({ epoch: numberOf(payload, 'epoch'), attempt: numberOf(payload, 'attempt') })
  }
}
