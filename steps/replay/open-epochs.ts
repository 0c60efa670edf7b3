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
import { isUnchecked } from '../batch/refine/unchecked.ts'

export type OpenEpochPorts = Omit<RefinePorts, 'ledger'> & {
  readonly batch: Pick<BatchViews, 'boundary'>
  /** Raw objects of a type and epoch that are whole, durable, and never written to again. */
  readonly wholeFiles: (type: string, epoch: number) => Promise<readonly LakeObject[]>
}

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

/** By id of what is rebuilt, metrics and tallies: the last epoch that is not. */
export type Floors = ReadonlyMap<string, number>

/**
 * Refines what is whole already of the epochs that `refineOpenEpochs` is going to need, while the consumers
 * of the stream go on: that takes longest. What it does not come to, or a crash takes away, is done then.
 */
export async function refineWholeFiles(ports: OpenEpochPorts, floors: Floors): Promise<void> {
  for (const type of ports.pipeline.latest.keys())
    for (const { epoch, isOpen } of await epochsOf(ports, type, floors))
      if (isOpen)
        await refineParts(ports, await taskOf(ports, type, epoch, await ports.wholeFiles(type, epoch)))
}

/**
 * Refines, aside from the curated lake, every epoch that is to be rebuilt of something; oldest first within a
 * type.
 */
export async function refineOpenEpochs(ports: OpenEpochPorts, floors: Floors): Promise<readonly OpenEpoch[]> {
  const { pipeline, lake, epochLength, horizon } = ports
  const open: OpenEpoch[] = []
  for (const type of pipeline.latest.keys()) {
    const refined: Relation[] = []
    for (const { epoch, isOpen, ...due } of await epochsOf(ports, type, floors)) {
      const raw = await lake.list(rawFolder(type, epoch))
      const remembered = refined.filter(other => other.epoch >= epoch - horizon * epochLength)
      const rows = isOpen
        ? await refineOne(ports, type, epoch, raw, remembered)
        : await publishedRows(ports, type, epoch)
      if (isOpen && rows.parts.length > 0) refined.push(rows)
      const lines: Relation = { kind: 'raw', type, epoch, parts: raw.map(({ path }) => path) }
      open.push({ type, epoch, raw: lines, rows, ...due })
    }
  }
  return open
}

/** Epochs of a type of which something is rebuilt, and whether the type is not published through them. */
async function epochsOf({ pipeline, lake, batch }: OpenEpochPorts, type: string, floors: Floors) {
  const through = (await batch.boundary(tallyId(type)))?.epoch ?? -Infinity
  const isAfterFloor = (id: string, epoch: number) => epoch > (floors.get(id) ?? Infinity)
  const all = (await epochsIn(lake, rawOfType(type))).map(epoch => ({
    epoch,
    isOpen: epoch > through,
    metrics: (pipeline.metricsOf.get(type) ?? []).filter(({ id }) => isAfterFloor(id, epoch)),
    hasTally: isAfterFloor(tallyId(type), epoch),
  }))
  return all.filter(({ metrics, hasTally }) => hasTally || metrics.length > 0)
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
  const task = await taskOf(ports, type, epoch, raw)
  const { rows, slices } = await idsBefore(ports, type, epoch)
  const earlier = { rows: [...rows, ...refinedBefore], slices }
  await closeParts(ports, task, await refineParts(ports, task), earlier)
  return relationAt(ports.lake, task.target)
}

async function taskOf(ports: OpenEpochPorts, type: string, epoch: number, raw: readonly LakeObject[]) {
  const { pipeline } = ports
  return {
    contract: contractOf(pipeline, type),
    helpers: helpersOfType(pipeline, type),
    isUnchecked: await isUnchecked(ports, type, epoch),
    raw,
    target: { kind: 'replay', type, epoch } as const,
  }
}
