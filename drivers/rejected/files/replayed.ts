import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { receivedAt } from '../../../core/event/receipt.ts'
import { crcText } from '../../files/checked-text.ts'
import { ifAbsent, replaceFile } from '../../files/durable.ts'
import { openAppender } from './appender.ts'

/** The receipts of rejections that were replayed. */
export type Replayed = {
  has(receipt: string): boolean
  /** Resolves when durable. */
  add(receipts: readonly string[]): Promise<void>
  close(): Promise<void>
}

const FILE = 'replayed.txt'

/**
 * Opens the list, one receipt a line, without those of rejections before `oldest`, which retention has
 * removed.
 */
export async function openReplayed(folder: string, oldest: number): Promise<Replayed> {
  const path = join(folder, FILE)
  const all = await linesOf(path)
  const kept = all.filter(receipt => receivedAt(receipt) >= oldest)
  if (kept.length < all.length) {
    await replaceFile(path, aside => writeFile(aside, kept.map(lineOf).join('')))
  }
  const receipts = new Set(kept)
  const appender = openAppender(folder)
  return {
    has: receipt => receipts.has(receipt),
    async add(added) {
      const fresh = added.filter(receipt => !receipts.has(receipt))
      if (fresh.length === 0) return
      await appender.append(FILE, fresh.map(lineOf).join(''))
      for (const receipt of fresh) receipts.add(receipt)
    },
    close: () => appender.close(),
  }
}

/** A receipt with its checksum. */
const lineOf = (receipt: string) => `${receipt} ${crcText(receipt)}\n`

/**
 * Receipts of complete lines; a torn last one was never acknowledged. A damaged one is left out: what is
 * replayed twice counts once. Lines without a checksum are an earlier version's.
 */
async function linesOf(path: string): Promise<readonly string[]> {
  const text = await readFile(path, 'utf8').catch(ifAbsent(''))
  const lines = text.split('\n').slice(0, -1)
  return lines.flatMap(line => {
    const [receipt = '', crc = crcText(receipt)] = line.split(' ')
    return crc === crcText(receipt) ? [receipt] : []
  })
}
