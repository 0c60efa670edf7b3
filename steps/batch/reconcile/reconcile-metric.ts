import { type CellKind, formatCell, sameCell } from '../../../core/cells/cells.ts'
import type { Metric } from '../../../core/declare/metric-plan.ts'
import type { Relation } from '../../../core/lake/relation.ts'
import type { LakeEngine, LakeSession } from '../../../core/ports/lake-engine.ts'
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

type ReconcileMetricPorts = {
  readonly engine: LakeEngine
  readonly speed: Pick<RealTimeViews, 'epoch'>
  /**
   * Keys that the speed layer is asked for at once (2,000). A store that reads the whole epoch for each
   * request, as DynamoDB does, is to be asked for many.
   */
  readonly keysAtOnce?: number
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
  const { engine, speed } = ports
  let compared = 0
  let matched = 0
  let total: number | undefined
  let different = 0
  const mismatches: Mismatch[] = []
  const note = (mismatch: Mismatch) => {
    different += 1
    if (mismatches.length < NAMED) mismatches.push(mismatch)
  }
  await engine.session(async session => {
    for await (const rows of together(rowsOf(session, ports, metric, partials), ports.keysAtOnce)) {
      const found = await speed.epoch({ metric: metric.id, epoch, keys: rows })
      total = found.total
      rows.forEach((row, i) => {
        const cells = found.cells[i]?.map((cell, at) => formatCell(metric.kinds[at]!, cell))
        compared += 1
        if (cells !== undefined) matched += 1
        if (!equal(metric.kinds, row, cells))
          note({ window: row.window, group: row.group, batch: row.texts, speed: cells })
      })
    }
  })
  total ??= (await speed.epoch({ metric: metric.id, epoch, keys: [] })).total
  const unlisted = total - matched
  if (unlisted > 0) {
    for (const key of await unlistedKeys(ports, metric, epoch, partials))
      note({ ...key, batch: undefined, speed: [] })
    different = Math.max(different, unlisted)
  }
  return { compared, different, mismatches }
}

/** Chunks of at least so many rows, but for the last. */
async function* together(
  chunks: AsyncIterable<readonly PartialRow[]>,
  least = 0,
): AsyncGenerator<readonly PartialRow[]> {
  let waiting: PartialRow[] = []
  for await (const rows of chunks) {
    for (const row of rows) waiting.push(row)
    if (waiting.length < least) continue
    yield waiting
    waiting = []
  }
  if (waiting.length > 0) yield waiting
}

async function* rowsOf(
  session: LakeSession,
  { engine }: ReconcileMetricPorts,
  metric: Metric,
  partials: Relation | undefined,
): AsyncGenerator<readonly PartialRow[]> {
  if (partials !== undefined)
    yield* partialRows(session, metric, orderedPartials(engine.dialect, metric, [partials]))
}

function equal(
  kinds: readonly CellKind[],
  { texts }: PartialRow,
  cells: readonly (string | null)[] | undefined,
): boolean {
  return cells !== undefined && texts.every((text, i) => sameCell(kinds[i]!, text, cells[i]!))
}

/** Keys named in one request; more are counted only. */
const MAX_KEYS = 200_000

/**
 * Keys that only the speed layer has: found among all keys of the epoch, so only asked for when there are
 * some.
 */
async function unlistedKeys(
  ports: ReconcileMetricPorts,
  metric: Metric,
  epoch: number,
  partials: Relation | undefined,
): Promise<readonly PartialKey[]> {
  const keys: PartialKey[] = []
  await ports.engine.session(async session => {
    for await (const rows of rowsOf(session, ports, metric, partials)) {
      if (keys.length > MAX_KEYS) return
      for (const { window, group } of rows) keys.push({ window, group })
    }
  })
  if (keys.length > MAX_KEYS) return []
  const { unlisted } = await ports.speed.epoch({ metric: metric.id, epoch, keys, findUnlisted: true })
  return unlisted
}
