import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import process from 'node:process'
import { PATH } from './package.ts'

/** The worker is the script in the folder that the emulator makes for one execution environment. */
const script = (node: string) => `#!/bin/sh
TMPDIR="$(dirname "$1")" exec '${node}' "$@"
`

/**
 * A `node` for the emulator's PATH that gives every execution environment a disk of its own, as Lambda's /tmp
 * is: the emulator lets all of them share one folder, and a function that empties its own as it starts would
 * empty the others'.
 */
export async function ownDisks(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-e2e-'))
  await writeFile(join(folder, 'node'), script(process.execPath), { mode: 0o755 })
  return {
    path: [folder, PATH].join(delimiter),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
