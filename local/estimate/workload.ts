import type { Metric } from '../../core/declare/metric-plan.ts'
import type { Contract } from '../../core/declare/pipeline.ts'
import type { Prices } from './prices.ts'
import type { Stack } from './stack.ts'

/** What is known of the events of one type. */
export type Flow = {
  readonly contract: Contract
  readonly eventsPerSecond: number
  readonly dedupe: Contract['dedupe']
  readonly metrics: readonly {
    readonly metric: Metric
    /** Different groups in a window. */
    readonly groups: number
  }[]
}

/** What an estimate is made for. */
export type Workload = {
  readonly flows: readonly Flow[]
  /** Bytes of an event's JSON as it is sent. */
  readonly eventBytes: number
  /** Events of a request. */
  readonly batch: number
  /** Logical partitions. */
  readonly partitions: number
  /** Longest time until numbers show, s: the batching window of the speed layer. */
  readonly freshness: number
  /** ms. */
  readonly epochLength: number
  readonly prices: Prices
  readonly stack: Stack
}

/** All events, a second. */
export function eventRate({ flows }: Workload): number {
  return flows.reduce((sum, flow) => sum + flow.eventsPerSecond, 0)
}

/**
 * How many of `places` equally likely ones `balls` hit at least once, on average: places · (1 − (1 −
 * 1/places)^balls). The occupancy problem, Feller, An Introduction to Probability Theory, vol. 1, ch. IV.2.
 */
export function hit(places: number, balls: number): number {
  if (places <= 1) return balls > 0 ? Math.min(1, balls) : 0
  return places * -Math.expm1(balls * Math.log1p(-1 / places))
}
