import { DUE, dueMark, parseDueMark } from '../../../core/lake/lake-paths.ts'
import type { LakeFolder } from '../../../core/ports/lake-folder.ts'

/** A published epoch of a type that has to be computed again. */
export type DueMark = {
  readonly type: string
  /** ms. */
  readonly epoch: number
  /** The run that took it up; empty where none has. A run that ended before it was done leaves it so. */
  readonly run: string
}

/**
 * Marks of the epochs that are due for what is in the lake, not for the clock: raw lines that came after the
 * epoch was published, or ids that an epoch before it counts now. They lie in the lake, so that whoever finds
 * one, in whatever process, leaves it there, and it waits for the next run.
 */
export async function dueMarks(lake: Pick<LakeFolder, 'list'>): Promise<readonly DueMark[]> {
  return (await lake.list(DUE)).map(({ path }) => parseDueMark(path)).filter(mark => mark !== undefined)
}

/** Marks epochs of a type. Durable when it resolves; doing it again changes nothing. */
export async function markDue(
  lake: Pick<LakeFolder, 'put'>,
  type: string,
  epochs: Iterable<number>,
  run = '',
): Promise<void> {
  for (const epoch of epochs) await lake.put(dueMark(type, epoch, run), [])
}

/**
 * Has a run take up marks. One that is made meanwhile is not among them, and stays: what it is about may have
 * come after the run had looked.
 */
export async function takeUp(
  lake: Pick<LakeFolder, 'put' | 'remove'>,
  marks: readonly DueMark[],
  run: string,
): Promise<void> {
  for (const { type, epoch, run: before } of marks) {
    if (before === run) continue
    await markDue(lake, type, [epoch], run)
    await lake.remove(dueMark(type, epoch, before))
  }
}

/** Removes what a run has taken up, once it is done. */
export function endMark(lake: Pick<LakeFolder, 'remove'>, { type, epoch, run }: DueMark): Promise<void> {
  return lake.remove(dueMark(type, epoch, run))
}
