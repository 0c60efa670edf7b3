import { horizonEpochs, parseDuration } from '../core/data/epoch.ts'
import type { Contract } from '../core/declare/pipeline.ts'
import { requireLongerThan } from '../core/declare/retention.ts'
import { toTributaryError } from '../core/errors.ts'
import { dedupeHorizon } from '../core/setting.ts'

const DAY = 86_400_000
const HOUR = 3_600_000

/**
 * Contracts that keep things for less than the stack's parameters need, or raw data for longer than S3 leaves
 * it there, with what is to be done.
 */
export function shortRetention(
  parameters: Readonly<Record<string, unknown>>,
  contracts: Iterable<Pick<Contract, 'type' | 'retention'>>,
): readonly string[] {
  const all = [...contracts]
  const problems = tooShort(horizonOf(parameters), all)
  const rawDays = Number(parameters['RawDays'] ?? 0)
  const outlived = all.filter(({ retention }) => rawDays > 0 && (retention.raw ?? 0) > rawDays * DAY)
  return [
    ...problems,
    ...outlived.map(
      ({ type, retention }) =>
        `contract ${type}: retention.raw is ${retention.raw! / DAY} days, and rawDays has S3 remove raw data after ${rawDays}; deploy with --param rawDays=0`,
    ),
  ]
}

/** ms. A text that is no time the template's own pattern refuses. */
function horizonOf({ Horizon, Epoch }: Readonly<Record<string, unknown>>): number {
  const epochLength = parseDuration(String(Epoch)) ?? HOUR
  return horizonEpochs(dedupeHorizon(String(Horizon)), epochLength) * epochLength
}

function tooShort(horizon: number, contracts: Parameters<typeof requireLongerThan>[1]): readonly string[] {
  try {
    requireLongerThan(horizon, contracts)
    return []
  } catch (error) {
    return [toTributaryError(error).message]
  }
}
