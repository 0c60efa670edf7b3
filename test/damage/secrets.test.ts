import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type EmbeddedPaths, embeddedPaths } from '../../drivers/compose/embedded.ts'
import { developmentKey } from '../../drivers/keys/development.ts'
import { warehousePasswords } from '../../drivers/keys/warehouse-passwords.ts'
import { platformId } from '../../drivers/platform-id.ts'
import { createFindings, type Finding } from '../../local/damage/finding.ts'
import { mendSecrets } from '../../local/damage/mend/secrets.ts'

let data: string
let paths: EmbeddedPaths
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'tributary-secrets-'))
  paths = embeddedPaths(data)
  await makeAll()
})
afterEach(() => rm(data, { recursive: true, force: true }))

/** What a start makes where it is not there. */
async function makeAll(): Promise<void> {
  await platformId(paths.platformId)
  await developmentKey(data)
  await warehousePasswords(paths.warehousePasswords)
}

async function doctor(): Promise<readonly Finding[]> {
  const findings = createFindings(() => undefined)
  await mendSecrets({ data, paths, findings })
  return findings.all
}

describe('doctor', () => {
  test('finds nothing in what a start has made', async () => {
    expect(await doctor()).toEqual([])
  })

  test('finds nothing where nothing has been made yet', async () => {
    await rm(data, { recursive: true })
    expect(await doctor()).toEqual([])
  })

  const half = (text: string) => text.slice(0, text.length / 2)
  test.each([
    ['the id of the platform cut in half', 'platform-id', half],
    ['an empty id of the platform', 'platform-id', () => ''],
    [
      'the id of the platform with another digit',
      'platform-id',
      (id: string) => `${id.startsWith('0') ? 1 : 0}${id.slice(1)}`,
    ],
    ['a development key with another character', 'development-key', (key: string) => `dev-${key.slice(5)}`],
    ['an empty password', 'warehouse-password', () => ''],
    ['a password cut to eight characters', 'warehouse-reader-password', (text: string) => text.slice(0, 8)],
  ])('names %s and removes it, so that the next start makes another', async (_, file, damage) => {
    const path = join(data, file)
    await writeFile(path, damage(await readFile(path, 'utf8')))
    expect(await doctor()).toEqual([
      expect.objectContaining({ file, isLeft: false, outcome: expect.stringMatching(/^removed: .* new /) }),
    ])
    expect(existsSync(path)).toBe(false)
    await makeAll()
    expect(await doctor()).toEqual([])
  })
})
