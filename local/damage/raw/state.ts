import { existsSync } from 'node:fs'
import { readFile, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { machineFiles } from '../../../drivers/files/durable.ts'
import { checkOf } from '../../../drivers/lake/checks/file-check.ts'
import { readRawCheck, removeRawCheck, writeRawCheck } from '../../../drivers/lake/checks/raw-checks.ts'
import type { DeliveryState } from '../../../drivers/raw/delivery-state.ts'
import { intactEntries } from '../../../drivers/stream/log/salvage.ts'
import type { Patient } from '../patient.ts'
import { type RawObject, rawObjects } from './objects.ts'

/**
 * A state of raw delivery for a lake that has lost it: what came from the log that is still there is taken
 * out of the raw files, and is delivered again. Files are cut where the first record of their type and epoch
 * lies that the log has; they do not go on.
 */
export async function takeBackToLog({ paths }: Patient, start: number): Promise<DeliveryState> {
  const firstLines = firstLinesOf(paths.log, start)
  for (const raw of await rawObjects(paths.lake)) {
    const path = join(paths.lake, raw.object)
    if (raw.first >= start) {
      await machineFiles.remove(path)
      await removeRawCheck(paths.lake, raw.object)
    } else await cutAt(paths.lake, raw, firstLines.get(keyOf(raw)))
  }
  return { position: start, open: [] }
}

/** The first line that the log has of each type and epoch. */
function firstLinesOf(log: string, start: number): ReadonlyMap<string, Buffer> {
  const lines = new Map<string, Buffer>()
  for (const entries of intactEntries(log, start))
    for (const entry of entries) {
      const key = keyOf(entry)
      if (!lines.has(key)) lines.set(key, Buffer.from(entry.data.subarray(0, entry.data.indexOf(10) + 1)))
    }
  return lines
}

async function cutAt(lake: string, { object }: RawObject, line: Buffer | undefined): Promise<void> {
  const path = join(lake, object)
  if (await isDamaged(lake, object)) return
  const bytes = await readFile(path)
  const found = line === undefined ? -1 : bytes.indexOf(line)
  const length = found >= 0 ? found : bytes.lastIndexOf(10) + 1
  if (length < bytes.length) await truncate(path, length)
  await writeRawCheck(lake, object, await checkOf(path, { lines: true }))
}

/**
 * A file that is gone, or whose sealed lines are others now, keeps its checksum, by which it is named. One
 * that is shorter was copied while it grew.
 */
async function isDamaged(lake: string, object: string): Promise<boolean> {
  const path = join(lake, object)
  if (!existsSync(path)) return true
  // A damaged checksum is named, and made anew, where raw files are.
  const sealed = await readRawCheck(lake, object).catch(() => undefined)
  if (sealed === undefined) return false
  const found = await checkOf(path, { length: sealed.bytes })
  return found.bytes === sealed.bytes && found.crc !== sealed.crc
}

function keyOf({ type, epoch }: { readonly type: string; readonly epoch: number }): string {
  return `${epoch} ${type}`
}
