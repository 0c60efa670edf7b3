import { readFile } from 'node:fs/promises'
import { checkedJson, damaged, withCheck } from '../files/checked-text.ts'
import { type DurableFiles, ifAbsent } from '../files/durable.ts'

/** A raw file that later records may still be added to. */
export type OpenFile = {
  readonly type: string
  /** Start of the epoch, ms since 1970. */
  readonly epoch: number
  /** Place in the log of its first record. */
  readonly first: number
  /** Bytes that belong to records before the position. */
  readonly length: number
  /** CRC-32 of these bytes, and their lines; unknown where an earlier version wrote the first of them. */
  readonly crc?: number
  readonly lines?: number
}

/**
 * How far raw delivery has got: everything before `position` is in the raw files, durably, and nothing else
 * counts.
 */
export type DeliveryState = { readonly position: number; readonly open: readonly OpenFile[] }

const VERSION = 1

/**
 * Reads the state; undefined when there is none.
 * @throws `corrupt_data` when the file is not what `writeState` wrote; the system's error when it can't be
 * read.
 */
export async function readState(path: string): Promise<DeliveryState | undefined> {
  const text = await readFile(path, 'utf8').catch(ifAbsent(undefined))
  if (text === undefined) return undefined
  const state = checkedJson(path, text)
  if (isState(state)) return state
  throw damaged(path, 'it holds no state of raw delivery')
}

/** Replaces the state: after a crash the old one is there, or the new one. */
export function writeState(
  files: DurableFiles,
  path: string,
  { position, open }: DeliveryState,
): Promise<void> {
  return files.replace(path, withCheck(JSON.stringify({ version: VERSION, position, open })))
}

function isState(value: unknown): value is DeliveryState {
  const { version, position, open } = (value ?? {}) as Record<string, unknown>
  return version === VERSION && isPlace(position) && Array.isArray(open) && open.every(isOpenFile)
}

function isOpenFile(value: unknown): boolean {
  const { type, epoch, first, length } = (value ?? {}) as Record<string, unknown>
  return typeof type === 'string' && Number.isSafeInteger(epoch) && isPlace(first) && isPlace(length)
}

function isPlace(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
