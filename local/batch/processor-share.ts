import { availableParallelism } from 'node:os'

/** Shorter stretches say more of the moment than of the load. */
const SHORTEST_MS = 1000

/** What is asked of the machine; a test hands in another. */
export type Processor = {
  /** µs of processor time that this process, with all its threads, has used. */
  readonly usedMicros: () => number
  /** ms; only differences count. */
  readonly now: () => number
  readonly cores: number
}

const machine: Processor = {
  usedMicros: () => {
    const { user, system } = process.cpuUsage()
    return user + system
  },
  now: () => performance.now(),
  cores: availableParallelism(),
}

/**
 * How much of the machine's cores this process has used between the last two looks that lie a second or more
 * apart, 0 to 1; 1 until it is known. Work that can wait asks it before it begins.
 */
export function createProcessorShare({ usedMicros, now, cores } = machine): () => number {
  let [at, used, share] = [now(), usedMicros(), 1]
  return () => {
    const passed = now() - at
    if (passed < SHORTEST_MS) return share
    const usedNow = usedMicros()
    share = (usedNow - used) / 1000 / (passed * cores)
    at += passed
    used = usedNow
    return share
  }
}
