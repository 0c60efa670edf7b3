import { countMeasure } from './count.ts'
import { distinctMeasure } from './distinct.ts'
import { firstMeasure } from './first.ts'
import { lastMeasure } from './last.ts'
import { maxMeasure } from './max.ts'
import { meanMeasure } from './mean.ts'
import type { MeasureType } from './measure-type.ts'
import { minMeasure } from './min.ts'
import { quantileMeasure } from './quantile.ts'
import { rateMeasure } from './rate.ts'
import { ratioMeasure } from './ratio.ts'
import { stddevMeasure } from './stddev.ts'
import { sumMeasure } from './sum.ts'
import { varianceMeasure } from './variance.ts'

export { count } from './count.ts'
export { distinct } from './distinct.ts'
export { first } from './first.ts'
export { last } from './last.ts'
export { max } from './max.ts'
export { mean } from './mean.ts'
export { min } from './min.ts'
export { quantile } from './quantile.ts'
export { rate } from './rate.ts'
export { ratio } from './ratio.ts'
export { stddev } from './stddev.ts'
export { sum } from './sum.ts'
export { variance } from './variance.ts'

/** Every kind of measure, by the name of the function that declares it. */
const TABLE = {
  count: countMeasure,
  sum: sumMeasure,
  min: minMeasure,
  max: maxMeasure,
  mean: meanMeasure,
  distinct: distinctMeasure,
  quantile: quantileMeasure,
  first: firstMeasure,
  last: lastMeasure,
  variance: varianceMeasure,
  stddev: stddevMeasure,
  rate: rateMeasure,
  ratio: ratioMeasure,
} as const satisfies Readonly<Record<string, MeasureType>>

export type MeasureKind = keyof typeof TABLE

/**
 * What a metric computes from the events of a group and window. Plain data; made by the functions of
 * core/declare/measures.ts.
 */
export type Measure = MeasureOf<(typeof TABLE)[MeasureKind]>
type MeasureOf<T> = T extends MeasureType<infer M> ? M : never

export const MEASURES: Readonly<Record<MeasureKind, MeasureType>> = TABLE
