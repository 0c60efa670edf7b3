import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { folderState } from '../../../local/cli/project/watching/folder-state.ts'

test('declarations that are written, changed or removed are another state; tests and files of editors are not', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-state-'))
  const states: string[] = []
  const look = async () => {
    states.push(await folderState(folder))
    return states.at(-1) !== states.at(-2)
  }
  try {
    for (const name of ['metrics', 'tests']) await mkdir(join(folder, name))
    const file = join(folder, 'metrics', 'a.ts')
    await look()
    await writeFile(file, 'a')
    expect(await look()).toBe(true)
    await utimes(file, new Date(), new Date(2026, 0, 1))
    expect(await look()).toBe(true)
    expect(await look()).toBe(false)
    for (const name of ['tests/a.test.yaml', 'metrics/.a.ts.swp', 'metrics/a.ts~'])
      await writeFile(join(folder, name), 'b')
    expect(await look()).toBe(false)
    await rm(file)
    expect(await look()).toBe(true)
    await rm(folder, { recursive: true })
    expect(await look()).toBe(false)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
