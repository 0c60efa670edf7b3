import { type CellValues, combineCells, formatCell, sameCell } from '../../core/cells/cells.ts'
import type { Metric } from '../../core/declare/metric-plan.ts'
import { TributaryError } from '../../core/errors.ts'
import { type CellOf, groupText } from '../../core/explain/cell.ts'
import type { Ledger } from '../../core/ports/ledger.ts'
import type { MetricPartial, PartialQuery, RealTimeViews } from '../../core/ports/views.ts'

/** Those of partials that are rolled up already which are the cell. */
export function cellsIn(cell: CellOf, partials: readonly MetricPartial[]): readonly CellValues[] {
  const group = groupText(cell)
  return partials
    .filter(partial => partial.group === group && partial.window === cell.windows.from)
    .map(({ cells }) => cells)
}

/** Undefined of none. */
export function combinedOf({ kinds }: Metric, all: readonly CellValues[]): CellValues | undefined {
  return all.length === 0 ? undefined : all.reduce((a, b) => combineCells(kinds, a, b))
}

/** Whether two cells, either of which may be missing, are of one value. */
export function isEqual({ kinds }: Metric, a: CellValues | undefined, b: CellValues | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return kinds.every((kind, i) => sameCell(kind, formatCell(kind, a[i]!), formatCell(kind, b[i]!)))
}

/** Epochs after the boundary that one question looks into, at most. */
const MAX_LIVE = 1000

/**
 * What the speed layer has of the cell, by epoch after the boundary; epochs that have nothing of it are
 * left out.
 */
export async function liveCells(
  ports: { readonly realTimeViews: Pick<RealTimeViews, 'query'>; readonly ledger: Pick<Ledger, 'epochs'> },
  metric: Metric,
  cell: CellOf,
  range: PartialQuery,
  after: number | undefined,
): Promise<ReadonlyMap<number, CellValues>> {
  const { realTimeViews, ledger } = ports
  const cellIn = async (through: number | undefined, from: number | undefined) =>
    combinedOf(metric, cellsIn(cell, await realTimeViews.query({ ...range, after: from, through })))
  const live = new Map<number, CellValues>()
  if ((await cellIn(undefined, after)) === undefined) return live
  const known = await ledger.epochs(after)
  const epochs = known.filter(({ accepted }) => (accepted[metric.type] ?? 0) > 0).map(({ epoch }) => epoch)
  if (epochs.length > MAX_LIVE) throw tooMany(epochs.length)
  for (const epoch of epochs.sort((a, b) => a - b)) {
    const cells = await cellIn(epoch, epoch - 1)
    if (cells !== undefined) live.set(epoch, cells)
  }
  return live
}

function tooMany(count: number): TributaryError {
  const detail = `${count} epochs are not published yet, and a question looks into ${MAX_LIVE} at most; ask again after the next run`
  return new TributaryError('too_large', detail)
}
