import type { InPlaceViews } from '../../core/fold/share.ts'
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
 * Ports of one handler that dies at its `crashAt`-th moment (undefined: never). Moments lie before and after
 * the marker claim, the read and every single put, so puts before the crash have happened and later ones have
 * not. Between any two moments other handlers get a random number of turns, but for views that are changed in
 * place: nothing is awaited there.
 */
export function faultyPorts(
  engines: {
    readonly markers: Markers
    readonly views: Pick<RealTimeViews, 'read' | 'write'> | InPlaceViews
  },
  random: () => number,
  crashAt: number | undefined,
): Pick<SpeedPorts, 'markers' | 'views'> {
  let moment = 0
  const passNow = () => {
    if (moment++ === crashAt) throw new Crash()
  }
  const pass = async () => {
    for (let turns = Math.floor(random() * 6); turns > 0; turns--) await null
    passNow()
  }
  const around = async <T>(call: () => Promise<T>): Promise<T> => {
    await pass()
    const result = await call()
    await pass()
    return result
  }
  const markers: SpeedPorts['markers'] = { claim: claims => around(() => engines.markers.claim(claims)) }
  const { views } = engines
  if ('absorb' in views) {
    const absorb: InPlaceViews['absorb'] = (fold, entries) => {
      passNow()
      views.absorb(fold, entries)
      passNow()
    }
    return { markers, views: { absorb } }
  }
  return {
    markers,
    views: {
      read: keys => around(() => views.read(keys)),
      async write(writes) {
        const results: boolean[] = []
        for (const write of writes) results.push((await around(() => views.write([write])))[0]!)
        return results
      },
    },
  }
}

/** Of memory views, what engines beyond a network offer: the speed step then reads and puts on conditions. */
export function remotely({ read, write }: RealTimeViews): Pick<RealTimeViews, 'read' | 'write'> {
  return { read, write }
}
