import type { Charge, Part } from './lines.ts'
import type { Workload } from './workload.ts'

/** Logs are kept so many days of a month. */
const DAYS_OF_MONTH = 30

/** What so many bytes of log cost: taken in, and kept for the days that the stack keeps logs. */
export function logCharges(part: Part, item: string, bytes: number, workload: Workload): readonly Charge[] {
  const { prices, stack } = workload
  const months = stack.settings.logDays / DAYS_OF_MONTH
  return [
    [part, item, bytes, 'bytes', prices.logByte],
    [part, `${item}, kept`, bytes * months, 'bytes a month', prices.logByteMonth],
  ]
}

/**
 * Traces of so many calls a second. X-Ray's default rule, which Lambda applies: the first call of each
 * second, and 5 % of the others.
 */
export function traced(callsPerSecond: number): number {
  return Math.min(callsPerSecond, 1) + Math.max(0, callsPerSecond - 1) * 0.05
}
