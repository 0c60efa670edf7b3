import type { LakeObject } from '../../../core/ports/lake-folder.ts'
import { epochToRefine, type RefinePorts, type RefineTask } from './refine.ts'
import { fillsPart, refineParts } from './refine-epoch.ts'
import type { UncheckedPorts } from './unchecked.ts'

export type RefineAheadPorts = UncheckedPorts &
  Pick<RefinePorts, 'lake' | 'engine' | 'partBytes'> & {
    /** Raw objects of a type and epoch that are whole, durable, and never written to again. */
    readonly wholeFiles: (type: string, epoch: number) => Promise<readonly LakeObject[]>
  }

/** Resolves to how many parts there are of the epoch now. */
export type RefineAhead = (task: RefineTask) => Promise<number>

/**
 * Builds the step that refines an epoch while it is open: at most one part a call, of raw files that are
 * whole and fill a part. It writes where the refine step of the batch run builds, which goes on from there
 * when the epoch is closed; readers of curated data see nothing of it. It must not run beside that step, or
 * itself, on the same epoch.
 */
export function createRefineAhead(ports: RefineAheadPorts): RefineAhead {
  const { wholeFiles } = ports
  return async task => {
    const files = await wholeFiles(task.type, task.epoch)
    const epoch = await epochToRefine(ports, task, files)
    return fillsPart(epoch) ? (await refineParts(ports, epoch, 1)).length : 0
  }
}
