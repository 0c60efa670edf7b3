import type { Run, Runs } from '../core/ports/runs.ts'

/** The record of runs in a map, which a test may look into. */
export function recordedIn(runs: Map<string, Run>): Runs {
  return {
    put: async run => void runs.set(run.id, run),
    get: async id => runs.get(id),
    list: async () => [...runs.values()],
  }
}
