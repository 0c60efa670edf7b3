import { chmod, mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { closeToOthers } from '../../../drivers/files/close-to-others.ts'

let root: string
let folder: string
const mode = async (path: string) => (await stat(path)).mode & 0o777

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tributary-close-'))
  folder = join(root, 'data')
  await mkdir(join(folder, 'lake', 'inbox'), { recursive: true })
  await writeFile(join(folder, 'lake', 'file'), '')
  await writeFile(join(root, 'elsewhere'), '')
  await symlink(join(root, 'elsewhere'), join(folder, 'link'))
  for (const path of [folder, join(folder, 'lake'), join(folder, 'lake', 'inbox')]) await chmod(path, 0o755)
  for (const path of [join(folder, 'lake', 'file'), join(root, 'elsewhere')]) await chmod(path, 0o644)
})
afterEach(() => rm(root, { recursive: true }))

test('folders become 0700 and files 0600, through and through, and links are not followed', async () => {
  await closeToOthers(folder)
  const modes = ['', 'lake', 'lake/inbox', 'lake/file'].map(path => mode(join(folder, path)))
  expect(await Promise.all(modes)).toEqual([0o700, 0o700, 0o700, 0o600])
  expect(await mode(join(root, 'elsewhere'))).toBe(0o644)
})

test('what was opened on purpose inside of a closed folder stays open', async () => {
  await closeToOthers(folder)
  await chmod(join(folder, 'lake', 'inbox'), 0o770)
  await closeToOthers(folder)
  expect(await mode(join(folder, 'lake', 'inbox'))).toBe(0o770)
})

test('a closed folder that one group may pass is closed enough', async () => {
  await chmod(folder, 0o710)
  await closeToOthers(folder)
  expect(await mode(folder)).toBe(0o710)
})
