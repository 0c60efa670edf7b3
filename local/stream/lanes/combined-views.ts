import { combineCells } from '../../../core/cells/cells.ts'
import type { MetricShapes } from '../../../core/declare/metric-kinds.ts'
import { createGathering } from '../../../core/fold/rollup.ts'
import type { EpochPartials, EpochRequest, RealTimeViews } from '../../../core/ports/views.ts'
import { countKeys } from '../../../drivers/views/memory/keys.ts'
import type { LaneOffers } from './lane.ts'

/** What is asked of a lane, wherever it runs. */
export type LaneViews = Pick<LaneOffers, 'query' | 'epoch' | 'keys' | 'drop' | 'write'>

/** Most keys named as missing from a reconciliation. */
const MAX_UNLISTED = 100

/** The views of several lanes as one: all are asked, and cells of one key are combined. */
export function combinedViews(
  lanes: readonly LaneViews[],
  shapes: MetricShapes,
): Pick<RealTimeViews, 'query' | 'epoch' | 'drop' | 'write'> {
  const [only, ...others] = lanes
  if (only !== undefined && others.length === 0) return only
  const all = <T>(ask: (lane: LaneViews) => Promise<T>): Promise<readonly T[]> => Promise.all(lanes.map(ask))

  return {
    async query(query) {
      // Each lane has rolled up its own already: what is left is to combine rows of one key.
      const gathering = createGathering(shapes(query.metric).kinds, undefined, query.limit)
      for (const partials of await all(lane => lane.query(query)))
        for (const { window, group, cells } of partials) gathering.add(window, group, () => cells)
      return gathering.rows()
    },
    async epoch(request) {
      const parts = await all(lane => lane.epoch(request))
      const { kinds } = shapes(request.metric)
      const cells = request.keys.map((_, i) => {
        const own = parts.flatMap(part => (part.cells[i] === undefined ? [] : [part.cells[i]]))
        return own.length === 0 ? undefined : own.reduce((a, b) => combineCells(kinds, a, b))
      })
      return { cells, total: await totalOf(request, parts), unlisted: unlistedOf(parts) }
    },
    async drop(metric, through) {
      await all(lane => lane.drop(metric, through))
    },
    async write(writes) {
      const results = new Array<boolean>(writes.length)
      await Promise.all(
        lanes.map(async (lane, i) => {
          const own = writes.flatMap((write, at) => (write.item.lane % lanes.length === i ? [at] : []))
          const written = await lane.write(own.map(at => writes[at]!))
          for (const [n, at] of own.entries()) results[at] = written[n]!
        }),
      )
      return results
    },
  }

  /** Keys of the epoch; lanes are asked for theirs only where more than one has any. */
  async function totalOf({ metric, epoch }: EpochRequest, parts: readonly EpochPartials[]): Promise<number> {
    const totals = parts.map(({ total }) => total)
    if (totals.filter(total => total > 0).length < 2) return Math.max(...totals)
    return countKeys(await all(lane => lane.keys(metric, epoch)))
  }
}

function unlistedOf(parts: readonly EpochPartials[]): EpochPartials['unlisted'] {
  const named = parts.flatMap(({ unlisted }) => unlisted)
  const byKey = new Map(named.map(key => [`${key.window}|${key.group}`, key]))
  return [...byKey.values()].slice(0, MAX_UNLISTED)
}
