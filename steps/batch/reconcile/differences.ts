import { formatInstant } from '../../../core/data/time.ts'
import type { Reconciliation } from './reconcile.ts'

/**
 * What the layers disagree about, in numbers, for logs. Which keys differ stands in the report of the run:
 * they hold values of events.
 *
 * @example differencesOf(reconciliation) // { epoch: '2026-01-31T12:00:00Z', trips_hourly: '2 of 40 differ' }
 */
export function differencesOf({ epoch, types, metrics }: Reconciliation): Readonly<Record<string, string>> {
  const ofTypes = Object.entries(types).map(([type, { problems }]) => [type, problems.join(', ')] as const)
  const ofMetrics = Object.entries(metrics).map(([metric, numbers]) => {
    const differ = typeof numbers !== 'string' && numbers.different > 0
    return [metric, differ ? `${numbers.different} of ${numbers.compared} differ` : ''] as const
  })
  const found = [...ofTypes, ...ofMetrics].filter(([, difference]) => difference !== '')
  return { epoch: formatInstant(epoch), ...Object.fromEntries(found) }
}
