import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { epochOfFolder, RAW, typeOfFolder } from '../../../core/lake/lake-paths.ts'
import { ifAbsent } from '../../../drivers/files/durable.ts'
import { checkedObjects } from '../../../drivers/lake/checks/raw-checks.ts'
import { firstRecordOf } from '../../../drivers/raw/hour-file.ts'

/** A raw file that is there, or that a checksum says should be. */
export type RawObject = {
  /** Path in the lake. */
  readonly object: string
  readonly type: string
  /** Start of the epoch, ms since 1970. */
  readonly epoch: number
  /** Place in the log of its first record. */
  readonly first: number
}

/** All raw files of a lake, and those whose checksum is there alone; by epoch, then place in the log. */
export async function rawObjects(lake: string): Promise<readonly RawObject[]> {
  const entries = await readdir(join(lake, RAW), { recursive: true, withFileTypes: true }).catch(ifAbsent([]))
  const files = entries
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(lake.length + 1))
  const objects = new Set([...files, ...(await checkedObjects(lake, RAW))])
  return [...objects]
    .flatMap(object => rawObject(object) ?? [])
    .sort((a, b) => a.epoch - b.epoch || a.first - b.first)
}

function rawObject(object: string): RawObject | undefined {
  const [, typeFolder = '', epochFolder = '', name = ''] = object.split('/')
  const [type, epoch, first] = [typeOfFolder(typeFolder), epochOfFolder(epochFolder), firstRecordOf(name)]
  if (type === undefined || epoch === undefined || first === undefined) return undefined
  return { object, type, epoch, first }
}
