import { tallyId } from '../../core/cells/tally.ts'
import type { Metric } from '../../core/declare/metric-plan.ts'
import { rawFolder, rawOfType, replayFolder } from '../../core/lake/lake-paths.ts'
import type { BatchViews } from '../../core/ports/views.ts'
import { contractOf, curatedParts, epochsIn, helpersOfType } from '../batch/lookup.ts'
import { earlierParts, type RefinePorts } from '../batch/refine.ts'
import { refineEpoch } from '../batch/refine-epoch.ts'

export type OpenEpochPorts = Omit<RefinePorts, 'ledger'> & { readonly batch: Pick<BatchViews, 'boundary'> }

/** One type and epoch: its raw objects and its deduplicated parts. */
export type OpenEpoch = {
  readonly type: string
  readonly epoch: number
  readonly raw: readonly string[]
  readonly parts: readonly string[]
  /** Metrics that the epoch is not published for. */
  readonly metrics: readonly Metric[]
  /** Whether the type itself is not published through the epoch: its tally is rebuilt too. */
  readonly isOpen: boolean
}

/** Refines, aside from the curated lake, every epoch that some boundary has not passed; oldest first within a type. */
export async function refineOpenEpochs(ports: OpenEpochPorts): Promise<readonly OpenEpoch[]> {
  const { pipeline, lake, batch, epochLength, horizon } = ports
  const open: OpenEpoch[] = []
  for (const type of pipeline.latest.keys()) {
    const through = (await batch.boundary(tallyId(type)))?.epoch ?? -Infinity
    const metrics = await withBoundaries(ports, type)
    const refined: { readonly epoch: number; readonly parts: readonly string[] }[] = []
    for (const epoch of await epochsIn(lake, rawOfType(type))) {
      const due = metrics.filter(m => epoch > m.through).map(m => m.metric)
      if (epoch <= through && due.length === 0) continue
      const raw = await lake.list(rawFolder(type, epoch))
      const remembered = refined.filter(other => other.epoch >= epoch - horizon * epochLength)
      const parts =
        epoch <= through
          ? await curatedParts(lake, type, epoch)
          : await refineOne(
              ports,
              type,
              epoch,
              raw,
              remembered.flatMap(other => other.parts),
            )
      if (epoch > through) refined.push({ epoch, parts })
      open.push({
        type,
        epoch,
        raw: raw.map(o => lake.address(o.path)),
        parts,
        metrics: due,
        isOpen: epoch > through,
      })
    }
  }
  return open
}

async function withBoundaries({ pipeline, batch }: OpenEpochPorts, type: string) {
  const metrics = pipeline.metricsOf.get(type) ?? []
  return Promise.all(
    metrics.map(async metric => ({
      metric,
      through: (await batch.boundary(metric.id))?.epoch ?? -Infinity,
    })),
  )
}

async function refineOne(
  ports: OpenEpochPorts,
  type: string,
  epoch: number,
  raw: Parameters<typeof refineEpoch>[2]['raw'],
  refinedBefore: readonly string[],
): Promise<readonly string[]> {
  const { pipeline, lake, dialect } = ports
  const folder = replayFolder(type, epoch)
  await refineEpoch(lake, dialect, {
    contract: contractOf(pipeline, type),
    helpers: helpersOfType(pipeline, type),
    epoch,
    raw,
    earlier: [...(await earlierParts(ports, type, epoch)), ...refinedBefore],
    folder,
  })
  return (await lake.list(folder)).map(object => lake.address(object.path))
}
