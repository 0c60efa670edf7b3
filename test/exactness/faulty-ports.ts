import type { Markers } from '../../core/ports/markers.ts'
import type { RealTimeViews } from '../../core/ports/views.ts'
import type { SpeedPorts } from '../../steps/apply-speed.ts'

export class Crash extends Error {}

/** Numbers in [0, 1) from a seed: everything random in a scenario comes from fast-check through here. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/**
 * Ports of one handler that dies at its `crashAt`-th moment (undefined: never). Moments lie before and after the marker
 * claim, the read and every single put, so puts before the crash have happened and later ones have not. Between any two
 * moments other handlers get a random number of turns.
 */
export function faultyPorts(
  engines: { readonly markers: Markers; readonly views: Pick<RealTimeViews, 'read' | 'write'> },
  random: () => number,
  crashAt: number | undefined,
): Pick<SpeedPorts, 'markers' | 'views'> {
  let moment = 0
  const pass = async () => {
    for (let turns = Math.floor(random() * 6); turns > 0; turns--) await null
    if (moment++ === crashAt) throw new Crash()
  }
  const around = async <T>(call: () => Promise<T>): Promise<T> => {
    await pass()
    const result = await call()
    await pass()
    return result
  }
  return {
    markers: { claim: claims => around(() => engines.markers.claim(claims)) },
    views: {
      read: keys => around(() => engines.views.read(keys)),
      async write(writes) {
        const results: boolean[] = []
        for (const write of writes) results.push((await around(() => engines.views.write([write])))[0]!)
        return results
      },
    },
  }
}
