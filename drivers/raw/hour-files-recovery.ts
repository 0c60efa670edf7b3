import { readdir, stat } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { RAW, typeOfFolder } from '../../core/lake/lake-paths.ts'
import { damaged } from '../files/checked-text.ts'
import { type DurableFiles, ifAbsent } from '../files/durable.ts'
import { removeRawCheck } from '../lake/checks/raw-checks.ts'
import type { DeliveryState } from './delivery-state.ts'
import { firstRecordOf, type HourFile, newHourFile, objectOf } from './hour-file.ts'

/**
 * Brings the raw files back to a state: what was written after it is cut off or removed, durably. Returns the
 * files that go on.
 * @throws `corrupt_data` when a file holds less than the state says; nothing is changed then.
 */
export async function restoreFiles(
  lake: string,
  state: DeliveryState,
  files: DurableFiles,
): Promise<HourFile[]> {
  const open = state.open.map(({ type, epoch, first, length, crc, lines }) => ({
    ...newHourFile(lake, type, epoch, first),
    ...{ length, crc, lines },
  }))
  const sizes = await Promise.all(open.map(sizeOf))
  for (const [index, file] of open.entries()) {
    if (sizes[index]! > file.length) await truncate(files, file)
  }
  const gone = await filesFrom(lake, state.position)
  await removeAll(files, gone)
  // A file that goes on, or is written again, may come to hold something else than it did when it ended.
  for (const object of [...open.map(objectOf), ...gone.map(path => relative(lake, path))])
    await removeRawCheck(lake, object)
  return open
}

/** Paths of the raw files that begin at or after a place of the log. */
export async function filesFrom(lake: string, position: number): Promise<string[]> {
  const raw = join(lake, RAW)
  const found: string[] = []
  for (const type of (await namesIn(raw)).filter(name => typeOfFolder(name) !== undefined)) {
    for (const epoch of await namesIn(join(raw, type))) {
      const folder = join(raw, type, epoch)
      const later = (await namesIn(folder)).filter(name => (firstRecordOf(name) ?? -1) >= position)
      found.push(...later.map(name => join(folder, name)))
    }
  }
  return found
}

async function sizeOf({ path, length }: HourFile): Promise<number> {
  const size = await stat(path).then(({ size }) => size, ifAbsent(undefined))
  if (size !== undefined && size >= length) return size
  throw damaged(path, `it has ${size ?? 'no'} bytes where ${length} were delivered`)
}

async function truncate(files: DurableFiles, { path, length }: HourFile): Promise<void> {
  const file = await files.open(path)
  try {
    await file.truncate(length)
  } finally {
    await file.close()
  }
}

// Without the sync a power cut could bring a file back after its records were written to another.
async function removeAll(files: DurableFiles, paths: readonly string[]): Promise<void> {
  for (const path of paths) await files.remove(path)
  for (const folder of new Set(paths.map(path => dirname(path)))) await files.syncFolder(folder)
}

function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(ifAbsent([]))
}
