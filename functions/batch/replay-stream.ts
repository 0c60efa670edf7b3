import { payloadOf } from '../../steps/batch/task.ts'
import { createReplayStream, type ReplayStreamPorts } from '../../steps/replay/replay-stream.ts'
import type { TaskTime } from './recorded.ts'

/** Any input → real-time views rebuilt from the stream. `{ action: 'resume' }` only lets the consumer go on, after a crash. */
export function createHandler(ports: ReplayStreamPorts) {
  const replay = createReplayStream(ports)
  return async (input: unknown, time: TaskTime) => {
    if (payloadOf(input)['action'] !== 'resume') return replay(time)
    await ports.consumer.resume()
    return { report: {} }
  }
}
