import type { CellValues } from '../cells/cells.ts'
import type { MeasurePlan, Metric } from '../declare/metric-plan.ts'
import type { MeasureValue } from '../measures/measure-type.ts'
import { MEASURES } from '../measures/table.ts'

/**
 * The values of a metric's measures from its cells; null where there is nothing to measure.
 *
 * @param length of the cells' window, ms: the metric's own, or the coarser one that they were rolled up to
 */
export function present(metric: Metric, cells: CellValues, length: number): Record<string, MeasureValue> {
  const seconds = length / 1000
  const valueNamed = (name: string) => presentMeasure(metric.measures.find(plan => plan.name === name)!)
  const presentMeasure = ({ measure, field, ...at }: MeasurePlan): MeasureValue =>
    MEASURES[measure.kind].present(measure, {
      cells: at.cells.map(place => cells[place]!),
      also: at.also.map(place => (place === undefined ? undefined : cells[place])),
      scale: field?.scale ?? 0,
      seconds,
      valueNamed,
    })
  return Object.fromEntries(metric.measures.map(plan => [plan.name, presentMeasure(plan)]))
}
