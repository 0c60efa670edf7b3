import { tallyId } from '../../core/cells/tally.ts'
import type { Metric } from '../../core/declare/metric-plan.ts'
import { rawFolder, rawOfType } from '../../core/lake/lake-paths.ts'
import type { Relation } from '../../core/lake/relation.ts'
import type { LakeSession } from '../../core/ports/lake-engine.ts'
import type { LakeObject } from '../../core/ports/lake-folder.ts'
import type { BatchViews } from '../../core/ports/views.ts'
import { curatedRows } from '../batch/curated-rows.ts'
import { contractOf, epochsIn, helpersOfType, relationAt } from '../batch/lookup.ts'
import { idsBefore } from '../batch/refine/known-ids.ts'
import type { RefinePorts } from '../batch/refine/refine.ts'
import { closeParts, refineParts } from '../batch/refine/refine-epoch.ts'

export type OpenEpochPorts = Omit<RefinePorts, 'ledger'> & { readonly batch: Pick<BatchViews, 'boundary'> }

/** One type and epoch: its raw lines and its deduplicated rows. */
export type OpenEpoch = {
  readonly type: string
  readonly epoch: number
  readonly raw: Relation
  readonly rows: Relation
  /** Metrics that are rebuilt of it. */
  readonly metrics: readonly Metric[]
  /** Whether the type's tally is rebuilt too. */
  readonly hasTally: boolean
}

/**
 * Refines, aside from the curated lake, every epoch that is to be rebuilt of something; oldest first within a
 * type.
 *
 * @param floors by id of what is rebuilt, metrics and tallies: the last epoch that is not
 */
export async function refineOpenEpochs(
  ports: OpenEpochPorts,
  floors: ReadonlyMap<string, number>,
): Promise<readonly OpenEpoch[]> {
  const { pipeline, lake, batch, epochLength, horizon } = ports
  const open: OpenEpoch[] = []
  for (const type of pipeline.latest.keys()) {
    const through = (await batch.boundary(tallyId(type)))?.epoch ?? -Infinity
    const tallyFloor = floors.get(tallyId(type)) ?? Infinity
    const metrics = (pipeline.metricsOf.get(type) ?? []).filter(({ id }) => floors.has(id))
    const refined: Relation[] = []
    for (const epoch of await epochsIn(lake, rawOfType(type))) {
      const due = metrics.filter(({ id }) => epoch > floors.get(id)!)
      if (epoch <= tallyFloor && due.length === 0) continue
      const raw = await lake.list(rawFolder(type, epoch))
      const remembered = refined.filter(other => other.epoch >= epoch - horizon * epochLength)
      const isOpen = epoch > through
      const rows = isOpen
        ? await refineOne(ports, type, epoch, raw, remembered)
        : await publishedRows(ports, type, epoch)
      if (isOpen && rows.parts.length > 0) refined.push(rows)
      const lines: Relation = { kind: 'raw', type, epoch, parts: raw.map(({ path }) => path) }
      open.push({ type, epoch, raw: lines, rows, metrics: due, hasTally: epoch > tallyFloor })
    }
  }
  return open
}

/** Published rows, which an older declaration may have made. */
async function publishedRows({ pipeline, lake, engine }: OpenEpochPorts, type: string, epoch: number) {
  const curated = await relationAt(lake, { kind: 'curated', type, epoch })
  const { fields } = contractOf(pipeline, type)
  const read = (session: LakeSession) => curatedRows(session, engine.dialect, fields, curated)
  return (await engine.session(read)).rows
}

async function refineOne(
  ports: OpenEpochPorts,
  type: string,
  epoch: number,
  raw: readonly LakeObject[],
  refinedBefore: readonly Relation[],
): Promise<Relation> {
  const { pipeline, lake } = ports
  const target = { kind: 'replay', type, epoch } as const
  const task = {
    contract: contractOf(pipeline, type),
    helpers: helpersOfType(pipeline, type),
    raw,
    target,
  }
  const { rows, slices } = await idsBefore(ports, type, epoch)
  const earlier = { rows: [...rows, ...refinedBefore], slices }
  await closeParts(ports, task, await refineParts(ports, task), earlier)
  return relationAt(lake, target)
}
