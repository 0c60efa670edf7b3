import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { receivedAt } from '../../../core/event/receipt.ts'
import { openAppender } from './appender.ts'

/** The receipts of rejections that were replayed. */
export type Replayed = {
  has(receipt: string): boolean
  /** Resolves when durable. */
  add(receipts: readonly string[]): Promise<void>
  close(): Promise<void>
}

const FILE = 'replayed.txt'

/** Opens the list, one receipt a line, without those of rejections before `oldest`, which retention has removed. */
export async function openReplayed(folder: string, oldest: number): Promise<Replayed> {
  const path = join(folder, FILE)
  const all = await linesOf(path)
  const kept = all.filter(receipt => receivedAt(receipt) >= oldest)
  if (kept.length < all.length) {
    await writeFile(`${path}.new`, kept.map(receipt => `${receipt}\n`).join(''), { flush: true })
    await rename(`${path}.new`, path)
  }
  const receipts = new Set(kept)
  const appender = openAppender(folder)
  return {
    has: receipt => receipts.has(receipt),
    async add(added) {
      const fresh = added.filter(receipt => !receipts.has(receipt))
      if (fresh.length === 0) return
      await appender.append(FILE, fresh.map(receipt => `${receipt}\n`).join(''))
      for (const receipt of fresh) receipts.add(receipt)
    },
    close: () => appender.close(),
  }
}

/** Complete lines; a torn last one was never acknowledged. */
async function linesOf(path: string): Promise<readonly string[]> {
  try {
    return (await readFile(path, 'utf8')).split('\n').slice(0, -1)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}
