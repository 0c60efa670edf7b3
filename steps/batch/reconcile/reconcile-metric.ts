import { type CellKind, formatCell, sameCell } from '../../../core/cells/cells.ts'
import type { Metric } from '../../../core/declare/metric-plan.ts'
import type { Relation } from '../../../core/lake/relation.ts'
import type { LakeEngine, LakeSession } from '../../../core/ports/lake-engine.ts'
import type { OpenEpoch, PartialKey } from '../../../core/ports/views.ts'
import { allPartials } from '../../../core/sql/partials.ts'
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

type ReconcileMetricPorts = {
  readonly engine: LakeEngine
  readonly openEpoch: OpenEpoch
}

const NAMED = 20

/**
 * Compares the partials of a metric and epoch, cell text by cell text.
 *
 * @param partials of the batch layer; undefined where it has none
 */
export async function reconcileMetric(
  ports: ReconcileMetricPorts,
  metric: Metric,
  epoch: number,
  partials: Relation | undefined,
): Promise<MetricNumbers> {
  const { engine, openEpoch } = ports
  const reader = await openEpoch(metric.id, epoch)
  let compared = 0
  let different = 0
  const mismatches: Mismatch[] = []
  const note = (mismatch: Mismatch) => {
    if (mismatches.length < NAMED) mismatches.push(mismatch)
  }
  await engine.session(async session => {
    for await (const rows of rowsOf(session, ports, metric, partials)) {
      const found = await reader.take(rows)
      compared += rows.length
      rows.forEach((row, i) => {
        const cells = found[i]?.map((cell, at) => formatCell(metric.kinds[at]!, cell))
        if (equal(metric.kinds, row, cells)) return
        different += 1
        note({ window: row.window, group: row.group, batch: row.texts, speed: cells })
      })
    }
  })
  const { count, keys } = await reader.rest()
  for (const key of keys) note({ ...key, batch: undefined, speed: [] })
  return { compared, different: different + count, mismatches }
}

async function* rowsOf(
  session: LakeSession,
  { engine }: ReconcileMetricPorts,
  metric: Metric,
  partials: Relation | undefined,
): AsyncGenerator<readonly PartialRow[]> {
  if (partials !== undefined)
    yield* partialRows(session, metric, allPartials(engine.dialect, metric, [partials]))
}

function equal(
  kinds: readonly CellKind[],
  { texts }: PartialRow,
  cells: readonly (string | null)[] | undefined,
): boolean {
  return cells !== undefined && texts.every((text, i) => sameCell(kinds[i]!, text, cells[i]!))
}
