import { type CommitPorts, createCommit } from '../../steps/batch/commit.ts'
import { payloadOf, readEpochWork, textOf } from '../../steps/batch/task.ts'

/** `{ epoch, mode, types, metrics, run }` → boundaries moved over the epoch. */
export function createHandler(ports: CommitPorts) {
  const commit = createCommit(ports)
  return (input: unknown) => commit({ ...readEpochWork(input), run: textOf(payloadOf(input), 'run') })
}
