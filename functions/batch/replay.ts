import { payloadOf } from '../../steps/batch/task.ts'
import { createReplay, type ReplayPorts } from '../../steps/replay/replay.ts'

/** Any input → real-time views rebuilt from raw data. `{ action: 'resume' }` only lets the consumers go on, after a crash. */
export function createHandler(ports: ReplayPorts) {
  const replay = createReplay(ports)
  return async (input: unknown) => {
    if (payloadOf(input)['action'] !== 'resume') return replay()
    await ports.control.resume()
    return { report: {} }
  }
}
