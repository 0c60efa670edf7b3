import type { RootDatabase } from 'lmdb'
import type { Hold, Holds } from '../../core/ports/holds.ts'
import { renewSnapshot } from '../views/lmdb.ts'

/** What is held, in the LMDB environment of the batch views. Any thread may open it on the same one. */
export function openLmdbHolds(root: RootDatabase): Holds {
  const holds = root.openDB<Hold, [id: string, mode: string]>({ name: 'batch-holds', encoding: 'json' })
  return {
    async list() {
      renewSnapshot(root)
      return [...holds.getRange().map(({ value }) => value)]
    },
    async put(hold) {
      await holds.put([hold.id, hold.mode], hold)
      await root.flushed
    },
    async release(id, mode) {
      if (holds.get([id, mode]) === undefined) return
      await holds.remove([id, mode])
      await root.flushed
    },
  }
}
