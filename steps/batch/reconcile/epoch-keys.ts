import type { CellValues } from '../../../core/cells/cells.ts'
import type { EpochReader, PartialKey, RealTimeViews } from '../../../core/ports/views.ts'

/** Keys that are named in one request; more are counted only. */
const MAX_KEYS = 200_000

/**
 * The partials of an epoch from a store that looks keys up: it is asked for some of them at a time, and for
 * those that nobody has asked for only where there are any.
 */
export function openByKeys(speed: Pick<RealTimeViews, 'epoch'>) {
  return async (metric: string, epoch: number): Promise<EpochReader> => {
    const asked: PartialKey[] = []
    let matched = 0
    let total: number | undefined
    const ask = async (keys: readonly PartialKey[]): Promise<readonly (CellValues | undefined)[]> => {
      const found = await speed.epoch({ metric, epoch, keys })
      total = found.total
      return found.cells
    }
    return {
      async take(keys) {
        if (asked.length <= MAX_KEYS) for (const { window, group } of keys) asked.push({ window, group })
        const cells = await ask(keys)
        for (const one of cells) if (one !== undefined) matched += 1
        return cells
      },
      async rest() {
        if (total === undefined) await ask([])
        const count = total! - matched
        if (count <= 0 || asked.length > MAX_KEYS) return { count: Math.max(0, count), keys: [] }
        const { unlisted } = await speed.epoch({ metric, epoch, keys: asked, findUnlisted: true })
        return { count, keys: unlisted }
      },
    }
  }
}
