import { tallyId } from '../../../core/cells/tally.ts'
import { floorTo } from '../../../core/data/time.ts'
import type { Contract, Pipeline } from '../../../core/declare/pipeline.ts'
import { keptOfType } from '../../../core/lake/retention-paths.ts'
import type { Hold } from '../../../core/ports/holds.ts'
import type { BatchViews } from '../../../core/ports/views.ts'
import type { DueMark } from '../marks/due-marks.ts'
import { DAY } from './all-partials.ts'
import { type Horizon, type Kept, keptSince } from './kept.ts'

export type TargetPorts = Horizon & {
  readonly pipeline: Pipeline
  readonly batch: Pick<BatchViews, 'boundary'>
  /** ms since 1970. */
  readonly now: () => number
}

/** What keeps epochs of a type from going: it is still to be computed, or computed again. */
export type OpenWork = { readonly marks: readonly DueMark[]; readonly holds: readonly Hold[] }

export type Targets = {
  /** From when on each is to be kept, ms. */
  readonly since: readonly (readonly ['raw' | 'curated' | 'partials', number])[]
  /** The epoch that they wait for, ms; undefined: nothing keeps them. */
  readonly waitsFor: number | undefined
}

/**
 * From when on what there is of a type is to be kept, as its contract says, in whole days; undefined while
 * something of it is not published at all. Whatever is declared, raw data and curated ids of the horizon
 * before the boundary stay, as further epochs are deduplicated against them, and so does what an epoch needs
 * that is still to be computed again.
 */
export async function targetsOf(
  ports: TargetPorts,
  contract: Pick<Contract, 'type' | 'retention'>,
  kept: Kept,
  open: OpenWork,
): Promise<Targets | undefined> {
  const { type, retention } = contract
  const { epochLength, now, horizon } = ports
  const through = await publishedThrough(ports, type)
  if (through === undefined) return undefined
  const remembered = horizon * epochLength
  const waitsFor = oldestOpen(ports.pipeline, type, open)
  // An epoch is as old as its end. A clock that is wrong ends no more than what is published.
  const newest = Math.min(now(), through + epochLength) - epochLength
  const aged = (length = Infinity) => newest - length
  const known = (kind: 'raw' | 'curated') => keptSince(kept, keptOfType(type), kind)
  const raw = Math.min(aged(retention.raw), through - remembered, waitsFor)
  const curated = Math.min(aged(retention.curated), Math.min(through, waitsFor) - remembered)
  const useless = Math.max(raw, known('raw'), Math.max(curated, known('curated')) + remembered)
  const partials = retention.partials === undefined ? useless : aged(retention.partials)
  return {
    since: [
      ['raw', floorTo(raw, DAY)],
      ['curated', floorTo(curated, DAY)],
      ['partials', floorTo(Math.min(partials, through, waitsFor), DAY)],
    ],
    waitsFor: waitsFor < aged(Math.min(...Object.values(retention))) ? waitsFor : undefined,
  }
}

/** Through which epoch a type and all of its metrics are published. */
async function publishedThrough({ pipeline, batch }: TargetPorts, type: string): Promise<number | undefined> {
  const ids = idsOf(pipeline, type)
  const epochs = await Promise.all(ids.map(async id => (await batch.boundary(id))?.epoch))
  return epochs.includes(undefined) ? undefined : Math.min(...(epochs as number[]))
}

function oldestOpen(pipeline: Pipeline, type: string, { marks, holds }: OpenWork): number {
  const ids = idsOf(pipeline, type)
  const due = marks.filter(mark => mark.type === type)
  const held = holds.filter(({ id }) => ids.includes(id))
  return Math.min(Infinity, ...[...due, ...held].map(({ epoch }) => epoch))
}

function idsOf(pipeline: Pipeline, type: string): readonly string[] {
  return [tallyId(type), ...(pipeline.metricsOf.get(type) ?? []).map(({ id }) => id)]
}
