import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ManagedKey, MOST_KEYS } from '../../../core/access/managed-key.ts'
import type { ManagedKeys } from '../../../core/ports/callers/managed-keys.ts'
import { checkedJson, withCheck } from '../../files/checked-text.ts'
import { isAbsent, makeFolder, replaceFile, storageFailed } from '../../files/durable.ts'

export const FILE = 'keys.json'

export type FileKeys = ManagedKeys & {
  /** Writes when keys were used. */
  close(): Promise<void>
}

export type FileKeysOptions = {
  readonly folder: string
  /** So many keys at most (`MOST_KEYS`). */
  readonly most?: number
  /** Is told the keys that hold from now on, also those that were found. */
  readonly changed: (keys: readonly ManagedKey[]) => void
}

/**
 * Keys of the one process of a data folder, in a file that its owner alone may read. A key is made, and
 * revoked, once the file is durable. When keys were used last is written with the next change, or at the end.
 *
 * @throws TributaryError `storage_failed`, `corrupt_data`
 */
export async function openFileKeys({
  folder,
  most = MOST_KEYS,
  changed,
}: FileKeysOptions): Promise<FileKeys> {
  const path = join(folder, FILE)
  let keys = await readKeysFile(path)
  let line: Promise<unknown> = Promise.resolve()
  let isUsed = false
  changed([...keys.values()])

  /** One after the other: each writes what all before it have left. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = line.then(work)
    line = done.catch(() => undefined)
    return done
  }

  async function keep(next: ReadonlyMap<string, ManagedKey>): Promise<void> {
    await writeKeysFile(folder, path, next)
    keys = next
    isUsed = false
    changed([...keys.values()])
  }

  return {
    list: async () => [...keys.values()],
    add: key =>
      inTurn(async () => {
        if (keys.has(key.name)) return 'taken'
        if (keys.size >= most) return 'full'
        await keep(sorted([...keys, [key.name, key]]))
        return 'added'
      }),
    remove: name =>
      inTurn(async () => {
        if (!keys.has(name)) return false
        await keep(new Map([...keys].filter(([one]) => one !== name)))
        return true
      }),
    used: (name, at) =>
      inTurn(async () => {
        const key = keys.get(name)
        if (key === undefined || (key.usedAt ?? 0) >= at) return
        keys = new Map([...keys, [name, { ...key, usedAt: at }]])
        isUsed = true
      }),
    close: () => inTurn(async () => (isUsed ? writeKeysFile(folder, path, keys) : undefined)),
  }
}

function sorted(keys: readonly (readonly [string, ManagedKey])[]): ReadonlyMap<string, ManagedKey> {
  return new Map(keys.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

async function readKeysFile(path: string): Promise<ReadonlyMap<string, ManagedKey>> {
  try {
    const keys = checkedJson(path, await readFile(path, 'utf8')) as readonly ManagedKey[]
    return new Map(keys.map(key => [key.name, key]))
  } catch (cause) {
    if (isAbsent(cause)) return new Map()
    throw storageFailed(`cannot read ${path}`, cause)
  }
}

async function writeKeysFile(
  folder: string,
  path: string,
  keys: ReadonlyMap<string, ManagedKey>,
): Promise<void> {
  const text = withCheck(JSON.stringify([...keys.values()]))
  try {
    await makeFolder(folder)
    await replaceFile(path, aside => writeFile(aside, text, { mode: 0o600 }))
  } catch (cause) {
    throw storageFailed(`cannot write ${path}`, cause)
  }
}
