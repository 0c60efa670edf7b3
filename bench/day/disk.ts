import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Bytes that a folder takes on its disk; files that end meanwhile do not count. */
export function diskOf(folder: string): number {
  let bytes = 0
  for (const path of entriesOf(folder)) {
    const stats = lstatSync(path, { throwIfNoEntry: false })
    if (stats === undefined) continue
    // Blocks of 512 bytes, whatever the file system's are.
    bytes += stats.isDirectory() ? diskOf(path) : stats.blocks * 512
  }
  return bytes
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder).map(name => join(folder, name))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** Watches what a folder takes at most. */
export function watchDisk(folder: string) {
  let peak = 0
  const look = () => {
    peak = Math.max(peak, diskOf(folder))
  }
  const timer = setInterval(look, 2000)
  return () => {
    clearInterval(timer)
    look()
    return peak
  }
}
