import { join } from 'node:path'
import { isTypeInPath } from '../../core/data/type-name.ts'
import { TributaryError } from '../../core/errors.ts'
import { rawFolder } from '../../core/lake/lake-paths.ts'

/** One raw file being written: the records of one event type and epoch, from one place of the log on. */
export type HourFile = {
  readonly type: string
  /** Start of the epoch, ms since 1970. */
  readonly epoch: number
  /** Place in the log of its first record; also its name. */
  readonly first: number
  /** Absolute path. */
  readonly path: string
  /** Bytes given to the file system. */
  length: number
  /** CRC-32 of these bytes, and lines taken; undefined where an earlier version wrote the first of them. */
  crc: number | undefined
  lines: number | undefined
  /** Data of the read being taken in: views that the next read overwrites. */
  arriving: Uint8Array[]
  /** What comes next, in order: copies that wait for the next write. */
  waiting: Uint8Array[]
  /** Bytes in `arriving` and `waiting`. */
  waitingBytes: number
  /** When a record last came, ms of `performance.now`. */
  usedAt: number
}

const NAME = /^(\d{16})\.ndjson$/

/** Folder of a type's epoch, in the folder of a lake. */
function hourFolder(lake: string, type: string, epoch: number): string {
  // Contracts check names of types; a record that got by them must not choose where on the disk it is
  // written.
  if (!isTypeInPath(type))
    throw new TributaryError('corrupt_data', `${JSON.stringify(type)} is no name of an event type`)
  return join(lake, rawFolder(type, epoch))
}

/** The object of the lake that a file is. */
export function objectOf({ type, epoch, first }: Pick<HourFile, 'type' | 'epoch' | 'first'>): string {
  return `${rawFolder(type, epoch)}/${nameOf(first)}`
}

function nameOf(first: number): string {
  return `${String(first).padStart(16, '0')}.ndjson`
}

export function newHourFile(lake: string, type: string, epoch: number, first: number): HourFile {
  const path = join(hourFolder(lake, type, epoch), nameOf(first))
  const empty = { length: 0, crc: 0, lines: 0 }
  return { type, epoch, first, path, ...empty, arriving: [], waiting: [], waitingBytes: 0, usedAt: 0 }
}

/** Place in the log of a raw file's first record; undefined when the name is not one of ours. */
export function firstRecordOf(name: string): number | undefined {
  const digits = NAME.exec(name)?.[1]
  return digits === undefined ? undefined : Number(digits)
}
