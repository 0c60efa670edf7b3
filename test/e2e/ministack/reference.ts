import { isDeepStrictEqual } from 'node:util'
import type { Declared } from '../../declared.ts'
import { expectedPartials, judge } from '../../oracle.ts'
import type { Rows } from './api.ts'
import type { Sent } from './events.ts'

/** Metric → window and group → values. */
export type Numbers = Readonly<Record<string, ByKey>>
type ByKey = Readonly<Record<string, unknown>>

/** Differences that are worth showing. */
const SHOWN = 5

/** What the query API must answer for these accepted events. */
export function referenceOf({ contracts, metrics }: Declared, accepted: readonly Sent[]): Numbers {
  const received = accepted.map(event => ({ json: JSON.stringify(event), epoch: 0, partition: 0 }))
  const judged = judge(received, { horizon: 1, epochLength: 1 })
  return Object.fromEntries(
    metrics.map(metric => {
      const partials = expectedPartials(judged, metric, contracts).map(({ window, group, values }) => [
        `${new Date(window).toISOString().slice(0, 19)}Z ${group}`,
        values,
      ])
      return [metric.name, Object.fromEntries(partials) as ByKey]
    }),
  )
}

/** Where answers and the reference differ: the first few, in words. */
export async function differences(
  reference: Numbers,
  rowsOf: (metric: string) => Promise<Rows>,
): Promise<readonly string[]> {
  const wrong: string[] = []
  for (const [metric, values] of Object.entries(reference)) {
    const told = byKey(await rowsOf(metric))
    for (const key of new Set([...Object.keys(values), ...Object.keys(told)]))
      if (!isDeepStrictEqual(told[key], values[key]))
        wrong.push(`${metric} ${key}: ${JSON.stringify(told[key])}, not ${JSON.stringify(values[key])}`)
  }
  return wrong.length > SHOWN ? [...wrong.slice(0, SHOWN), `and ${wrong.length - SHOWN} more`] : wrong
}

function byKey(rows: Rows): ByKey {
  return Object.fromEntries(
    rows.map(({ window, group, values }) => [`${window} ${JSON.stringify(group)}`, values]),
  )
}
