import { pathInstant } from '../../core/data/time.ts'
import type { Metric } from '../../core/declare/metric-plan.ts'
import { CERTIFICATES_DUE } from '../../core/lake/certificate-paths.ts'
import { folderOf } from '../../core/lake/relation.ts'
import { curatedSince } from '../batch/retention/kept.ts'
import type { LookPorts } from './look-into-lake.ts'

/**
 * Whether an epoch is as its numbers say. A real-time one is once both layers have all of its events. One
 * of the batch layer is unless a run is about to publish it anew: that run notes a certificate as due
 * before it touches curated rows.
 */
export async function isSettled(
  { lake, ledger }: Pick<LookPorts, 'lake' | 'ledger'>,
  metric: Metric,
  layer: 'batch' | 'real-time',
  epoch: number,
): Promise<{ readonly isSettled: boolean; readonly isExpired: boolean }> {
  if (layer === 'real-time') {
    const { closed, rawComplete, speedComplete } = await ledger.epoch(epoch)
    return { isSettled: closed && rawComplete && speedComplete, isExpired: false }
  }
  const staged = folderOf({ kind: 'staged-partials', metric: metric.id, epoch })
  const due = (await lake.list(CERTIFICATES_DUE)).some(({ path }) => path.includes(pathInstant(epoch)))
  const isUnderWay = due || (await lake.list(staged)).length > 0
  return { isSettled: !isUnderWay, isExpired: epoch < (await curatedSince(lake, metric.type)) }
}
