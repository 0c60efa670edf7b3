import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { ifAbsent } from '../../files/durable.ts'
import { journalPath, readFolder, readSecret, secretPath } from './folder.ts'

/**
 * How far a marker table is durable. Whoever counts by its verdicts notes it beside what was counted: markers
 * of an older copy, or of another folder, would have events that come again counted twice, in silence.
 */
export type MarkersPlace = {
  /** Checksum of the folder's key: another folder has another one. */
  readonly key: number
  /** Number of the table that takes claims. */
  readonly table: number
  /** Bytes of its journal. */
  readonly length: number
}

/**
 * How far the markers in a folder go, at least; undefined where there are none. Nothing is opened.
 *
 * @throws `corrupt_data` naming the key's file
 */
export async function placeIn(folder: string): Promise<MarkersPlace | undefined> {
  if (!existsSync(secretPath(folder))) return undefined
  const contents = await readFolder(folder)
  const key = crc32(await readSecret(folder, contents))
  const { tables, journals } = contents
  const next = (tables.at(-1) ?? -1) + 1
  const table = Math.max(next, journals.at(-1) ?? next)
  const journal = await stat(journalPath(folder, table)).catch(ifAbsent(undefined))
  return { key, table, length: journal?.size ?? 0 }
}

/** Whether markers that go so far lack some of those that were noted. */
export function isBehind(found: MarkersPlace, noted: MarkersPlace): boolean {
  if (found.key !== noted.key || found.table < noted.table) return true
  return found.table === noted.table && found.length < noted.length
}
