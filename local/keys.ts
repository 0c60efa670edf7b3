import { createKeyRing, type KeyRing } from '../core/access/key-ring.ts'
import type { Key } from '../core/access/read-keys.ts'
import type { ManagedKeys } from '../core/ports/callers/managed-keys.ts'
import { type FileKeys, openFileKeys } from '../drivers/keys/managed/file.ts'

export type LocalKeys = {
  /** What holds at this moment. */
  readonly ring: KeyRing
  readonly made: ManagedKeys
  close(): Promise<void>
}

/**
 * The keys of one machine: those that were set, and those that were made and kept in the data folder. A
 * change holds from the very next request on.
 */
export async function openKeys(folder: string, set: readonly Key[]): Promise<LocalKeys> {
  let current = createKeyRing(set)
  const file = await openFileKeys({
    folder,
    changed: keys => {
      current = createKeyRing(set, keys)
    },
  })
  const ring: KeyRing = {
    find: (secret, now) => current.find(secret, now),
    problemOf: (secret, now) => current.problemOf(secret, now),
    set: current.set,
    get uses() {
      return current.uses
    },
  }
  const noted = () => noteUses(file, current)
  const made: ManagedKeys = {
    list: async () => {
      await noted()
      return file.list()
    },
    add: async key => {
      await noted()
      return file.add(key)
    },
    remove: async name => {
      await noted()
      return file.remove(name)
    },
    used: file.used,
  }
  return {
    ring,
    made,
    async close() {
      await noted()
      await file.close()
    },
  }
}

async function noteUses(file: FileKeys, { uses }: KeyRing): Promise<void> {
  for (const { name, at } of uses.values()) if (at !== undefined) await file.used(name, at)
}
