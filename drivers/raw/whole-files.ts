import { rawFolder } from '../../core/lake/lake-paths.ts'
import type { LakeFolder, LakeObject } from '../../core/ports/lake-folder.ts'
import type { FileCheck } from '../lake/checks/file-check.ts'
import { readState } from './delivery-state.ts'
import { firstRecordOf, objectOf } from './hour-file.ts'

/**
 * Tells which raw files of a type and epoch are whole: delivered before the recorded position, and not among
 * the files that may still grow. Only these stay what they are whatever happens: after a crash the others are
 * cut back, or removed and written again.
 *
 * @throws (the function) `corrupt_data` when the state cannot be read; errors of the lake
 */
export function wholeRawFiles(
  lake: Pick<LakeFolder, 'list'>,
  statePath: string,
): (type: string, epoch: number) => Promise<readonly LakeObject[]> {
  return async (type, epoch) => {
    const state = await readState(statePath)
    if (state === undefined) return []
    const growing = new Set(
      state.open.filter(file => file.type === type && file.epoch === epoch).map(({ first }) => first),
    )
    const isWhole = ({ path }: LakeObject) => {
      const first = firstRecordOf(path.slice(path.lastIndexOf('/') + 1))
      return first !== undefined && first < state.position && !growing.has(first)
    }
    return (await lake.list(rawFolder(type, epoch))).filter(isWhole)
  }
}

/**
 * Tells what the recorded state says of the beginning of a raw object that still grows; undefined of others.
 *
 * @throws (the function) `corrupt_data` when the state cannot be read
 */
export function growingRawChecks(statePath: string): (object: string) => Promise<FileCheck | undefined> {
  return async object => {
    const state = await readState(statePath)
    const open = state?.open.find(file => objectOf(file) === object)
    return open?.crc === undefined ? undefined : { bytes: open.length, crc: open.crc }
  }
}
