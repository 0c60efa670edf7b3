import { compileGroup } from '../data/group.ts'
import type { Metric } from '../declare/metric-plan.ts'
import type { Rejection } from './event.ts'

/**
 * Most bytes of the values of a group, as JSON with their names: an item of a view holds them beside its
 * cells, and the smallest of all engines, DynamoDB, has 400 KB for an item.
 */
export const LONGEST_GROUP = 65_536

/** Characters of an event from which a group of it can be too long: three bytes each at most, and names. */
const SURELY_SHORT = LONGEST_GROUP / 8

/**
 * Compiles the check that no metric gets a group of an event that a view could not hold: told of an event's
 * data and its JSON text, which for all but huge events is enough.
 */
export function compileGroupLimit(
  metrics: readonly Metric[],
): (data: Record<string, unknown>, json: string) => Rejection | undefined {
  const groups = metrics
    .filter(({ by }) => by.length > 0)
    .map(metric => [metric, compileGroup(metric.by)] as const)
  return (data, json) => {
    if (json.length < SURELY_SHORT) return undefined
    for (const [{ name, by }, groupOf] of groups) {
      const bytes = Buffer.byteLength(groupOf(data))
      if (bytes > LONGEST_GROUP) return tooLong(name, by.map(field => field.name).join(', '), bytes)
    }
    return undefined
  }
}

function tooLong(metric: string, fields: string, bytes: number): Rejection {
  const detail = `metric ${metric} groups by ${fields.slice(0, 200)}, which hold ${bytes} bytes; a group is limited to ${LONGEST_GROUP}`
  return { code: 'too_large', detail, place: '/data' }
}
