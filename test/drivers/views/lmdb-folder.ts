import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open, type RootDatabase } from 'lmdb'

// What is tested is what the files say, not the disk: a memory file system makes its syncs cheap.
const PLACE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

/** An LMDB environment in a folder of its own. */
export type LmdbFolder = { readonly path: string; readonly root: RootDatabase; dispose(): Promise<void> }

export function newFolder(): string {
  return mkdtempSync(join(PLACE, 'views-'))
}

export function openFolder(path = newFolder()): LmdbFolder {
  const root = open({ path, compression: false })
  return {
    path,
    root,
    async dispose() {
      await root.close()
      rmSync(path, { recursive: true, force: true })
    },
  }
}
