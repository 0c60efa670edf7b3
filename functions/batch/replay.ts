import { createReplay, type ReplayPorts } from '../../steps/batch/replay.ts'

/** Any input → real-time views rebuilt from raw data. */
export function createHandler(ports: ReplayPorts) {
  const replay = createReplay(ports)
  return () => replay()
}
