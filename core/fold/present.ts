import type { CellValues } from '../cells/cells.ts'
import { binMiddle, quantileBin } from '../cells/histogram.ts'
import { estimateDistinct } from '../cells/hyperloglog.ts'
import type { Vector } from '../cells/vector.ts'
import { divideScaled, fromScaled, POWERS_OF_TEN, type Scaled } from '../data/decimal.ts'
import type { MeasurePlan, Metric } from '../declare/metric-plan.ts'

/** The values of a metric's measures from its cells; null where there is nothing to measure. */
export function present(metric: Metric, cells: CellValues): Record<string, number | null> {
  const values: Record<string, number | null> = {}
  for (const plan of metric.measures) values[plan.name] = presentMeasure(plan, cells)
  return values
}

function presentMeasure(plan: MeasurePlan, cells: CellValues): number | null {
  const cell = cells[plan.cell]!
  switch (plan.measure.kind) {
    case 'count':
      return Number(cell)
    case 'distinct':
      return estimateDistinct(cell as Vector)
    case 'quantile': {
      const bin = quantileBin(cell as Vector, plan.measure.q)
      return bin === undefined ? null : within(binMiddle(bin) / POWERS_OF_TEN[plan.scale]!, plan, cells)
    }
    case 'mean':
      return cell === null ? null : divideScaled(cell as Scaled, Number(cells[plan.countCell!]), plan.scale)
    default:
      return cell === null ? null : fromScaled(cell as Scaled, plan.scale)
  }
}

/** A quantile is never beyond the least and largest value, where those are known. */
function within(value: number, { minCell, maxCell, scale }: MeasurePlan, cells: CellValues): number {
  const bound = (cell: number | undefined) => {
    const known = cell === undefined ? null : (cells[cell] as Scaled | null)
    return known === null ? undefined : fromScaled(known, scale)
  }
  return Math.min(bound(maxCell) ?? Infinity, Math.max(bound(minCell) ?? -Infinity, value))
}
