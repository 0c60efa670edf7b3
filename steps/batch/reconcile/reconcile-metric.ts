import { formatCell } from '../../../core/cells/cells.ts'
import type { Metric } from '../../../core/declare/metric-plan.ts'
import type { Relation } from '../../../core/lake/relation.ts'
import type { LakeEngine } from '../../../core/ports/lake-engine.ts'
import type { PartialKey, RealTimeViews } from '../../../core/ports/views.ts'
import { orderedPartials } from '../../../core/sql/partials.ts'
import { type PartialRow, partialRows } from '../partial-rows.ts'

/** One key of which the layers hold different cells; undefined where a layer has no such key. */
export type Mismatch = PartialKey & {
  readonly batch: readonly (string | null)[] | undefined
  readonly speed: readonly (string | null)[] | undefined
}

/** Partial by partial: what both layers hold. */
export type MetricNumbers = {
  readonly compared: number
  readonly different: number
  /** The first mismatches; `different` counts them all. */
  readonly mismatches: readonly Mismatch[]
}

const NAMED = 20

/**
 * Compares the partials of a metric and epoch, cell text by cell text. Undefined where speed keeps none of
 * them.
 */
export async function reconcileMetric(
  ports: { readonly engine: LakeEngine; readonly speed: Pick<RealTimeViews, 'epoch'> },
  metric: Metric,
  epoch: number,
  partials: Relation,
): Promise<MetricNumbers | undefined> {
  const { engine, speed } = ports
  let compared = 0
  let matched = 0
  let total = 0
  let different = 0
  const mismatches: Mismatch[] = []
  const note = (mismatch: Mismatch) => {
    different += 1
    if (mismatches.length < NAMED) mismatches.push(mismatch)
  }
  const ordered = orderedPartials(engine.dialect, metric, [partials])
  await engine.session(async session => {
    for await (const rows of partialRows(session, metric, ordered)) {
      const found = await speed.epoch({ metric: metric.id, epoch, keys: rows })
      total = found.total
      rows.forEach((row, i) => {
        const cells = found.cells[i]?.map((cell, at) => formatCell(metric.kinds[at]!, cell))
        compared += 1
        if (cells !== undefined) matched += 1
        if (!equal(row, cells)) note({ window: row.window, group: row.group, batch: row.texts, speed: cells })
      })
    }
  })
  if (compared === 0) total = (await speed.epoch({ metric: metric.id, epoch, keys: [] })).total
  if (total === 0 && compared > 0) return undefined
  const unlisted = total - matched
  if (unlisted > 0) {
    for (const key of await unlistedKeys(ports, metric, epoch, partials))
      note({ ...key, batch: undefined, speed: [] })
    different = Math.max(different, unlisted)
  }
  return { compared, different, mismatches }
}

function equal({ texts }: PartialRow, cells: readonly (string | null)[] | undefined): boolean {
  return cells !== undefined && texts.every((text, i) => text === cells[i])
}

/** Keys named in one request; more are counted only. */
const MAX_KEYS = 200_000

/**
 * Keys that only the speed layer has: found among all keys of the epoch, so only asked for when there are
 * some.
 */
async function unlistedKeys(
  { engine, speed }: Parameters<typeof reconcileMetric>[0],
  metric: Metric,
  epoch: number,
  partials: Relation,
): Promise<readonly PartialKey[]> {
  const keys: PartialKey[] = []
  const ordered = orderedPartials(engine.dialect, metric, [partials])
  await engine.session(async session => {
    for await (const rows of partialRows(session, metric, ordered)) {
      if (keys.length > MAX_KEYS) return
      for (const { window, group } of rows) keys.push({ window, group })
    }
  })
  if (keys.length > MAX_KEYS) return []
  const { unlisted } = await speed.epoch({ metric: metric.id, epoch, keys, findUnlisted: true })
  return unlisted
}
