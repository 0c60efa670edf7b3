import { tallyId } from '../../core/cells/tally.ts'
import type { Pipeline } from '../../core/declare/pipeline.ts'
import { type EnginePorts, tooLarge } from './choose-engine.ts'
import type { Finding } from './held.ts'
import { metricOf } from './lookup.ts'
import { type ShortPorts, shortFinding, shortTypes } from './short-types.ts'
import type { MetricWork, TypeWork, WorkMode } from './task.ts'

/** What an epoch is due for. */
export type Due = { readonly types: readonly TypeWork[]; readonly metrics: readonly MetricWork[] }

export type ChosenEpoch = {
  /** Undefined where nothing is due that can be done. */
  readonly chosen: (Due & { readonly epoch: number }) | undefined
  /** Types that were left out, and why. */
  readonly leftOut: readonly Finding[]
}

/**
 * The oldest epoch with work that the lake engine can take on. A type whose raw data of an epoch is too
 * large, or lost on its way, stops there, with its metrics, as its epochs are refined in order; the others go
 * on.
 *
 * @param lossy types that go on without what is lost
 */
export async function chooseEpoch(
  ports: EnginePorts & ShortPorts & { readonly pipeline: Pipeline },
  due: ReadonlyMap<number, Due>,
  mode: WorkMode,
  lossy: readonly string[] = [],
): Promise<ChosenEpoch> {
  const stopped = new Map<string, Finding>()
  for (const epoch of [...due.keys()].sort((a, b) => a - b)) {
    const work = due.get(epoch)!
    const open = work.types.filter(({ type }) => !stopped.has(type))
    const short = mode === 'append' && open.length > 0 ? await shortTypes(ports, epoch) : {}
    for (const each of open) {
      const missing = lossy.includes(each.type) ? 0 : (short[each.type] ?? 0)
      if (missing > 0) stopped.set(each.type, shortFinding(each.type, epoch, missing))
      const problem = missing > 0 ? undefined : await tooLarge(ports, each)
      if (problem === undefined) continue
      const { code, message } = problem
      stopped.set(each.type, { id: tallyId(each.type), mode, epoch, code, detail: message })
    }
    const types = work.types.filter(({ type }) => !stopped.has(type))
    const metrics = work.metrics.filter(({ metric }) => !stopped.has(metricOf(ports.pipeline, metric).type))
    if (types.length + metrics.length > 0)
      return { chosen: { epoch, types, metrics }, leftOut: [...stopped.values()] }
  }
  return { chosen: undefined, leftOut: [...stopped.values()] }
}
