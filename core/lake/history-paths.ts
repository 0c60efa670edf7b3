import { parsePathInstant, pathInstant } from '../data/time.ts'
import type { Boundary } from '../ports/views.ts'

/**
 * What batch views were before they were changed (steps/history/): by metric, a folder for each generation
 * with what its keys had before it, and a mark for each boundary there has been.
 */
export const HISTORY = 'history'
export const MOVES = 'moves'

/** The folders of a metric, by generation. */
export const historyOfMetric = (metric: string) => `${HISTORY}/metric=${metric}`

/** Cells that keys had before a generation changed them. */
export const historyFolder = (metric: string, generation: number) =>
  `${historyOfMetric(metric)}/generation=${generation}`

/** Rows on their way to `historyFolder`. */
export const historyText = (metric: string) => `staged/history-text/metric=${metric}.csv`

/** The generation of a folder of `historyOfMetric`; undefined where it is none. */
export function generationOfFolder(name: string): number | undefined {
  const digits = /^generation=(\d+)$/.exec(name)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** Boundaries that a metric has had. */
export const movesOfMetric = (metric: string) => `${MOVES}/metric=${metric}`

/** The metric of a folder of `MOVES` or `HISTORY`; undefined where it is none. */
export const metricOfFolder = (name: string) => /^metric=(.+)$/.exec(name)?.[1]

/** All of a boundary is in the name. */
export function moveMark(metric: string, { epoch, generation, run, movedAt }: Boundary): string {
  const named = `generation=${generation},epoch=${pathInstant(epoch)},at=${movedAt},run=${run}`
  return `${movesOfMetric(metric)}/${named}.mark`
}

/** Reads what `moveMark` wrote; undefined of another object. */
export function parseMoveMark(path: string): Boundary | undefined {
  const [, generation, instant = '', at, run = ''] =
    /\/generation=(\d+),epoch=([^/,]+),at=(\d+),run=(.*)\.mark$/.exec(path) ?? []
  const epoch = parsePathInstant(instant)
  if (Number.isNaN(epoch)) return undefined
  return { epoch, generation: Number(generation), run, movedAt: Number(at) }
}
