import { cp, mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '../..')

/** What is no source of the project, or not needed to package and to start it. */
const LEFT_OUT = new Set([
  'node_modules',
  '.git',
  '.build',
  '.serverless',
  '.tributary',
  'test',
  'docs',
  'bench',
])

/** A copy of the project with the same packages, whose declarations may be changed. */
export async function copyProject(): Promise<{ readonly root: string; remove(): Promise<void> }> {
  const root = await mkdtemp(join(tmpdir(), 'tributary-scale-'))
  for (const name of await readdir(ROOT))
    if (!LEFT_OUT.has(name)) await cp(join(ROOT, name), join(root, name), { recursive: true })
  await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'))
  return { root, remove: () => rm(root, { recursive: true, force: true }) }
}
