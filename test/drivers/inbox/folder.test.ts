import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { openFolderInbox } from '../../../drivers/inbox/folder.ts'
import { inboxContract } from '../../contracts/inbox.ts'

const root = await mkdtemp(join(tmpdir(), 'tributary-inbox-'))
afterAll(() => rm(root, { recursive: true }))
let folders = 0

inboxContract('a folder', async () => {
  const lake = join(root, String(folders++))
  return {
    inbox: await openFolderInbox(lake),
    put: async (path, content) => {
      await mkdir(dirname(join(lake, path)), { recursive: true })
      await writeFile(join(lake, path), content)
    },
    get: path => readFile(join(lake, path), 'utf8').catch(() => undefined),
  }
})

describe('a folder as the inbox', () => {
  const DAY = '2026-11-21'
  const fresh = async () => {
    const lake = join(root, String(folders++))
    const inbox = await openFolderInbox(lake)
    return { lake, inbox, at: (path: string) => join(lake, path) }
  }
  const bytesOf = async (pieces: AsyncIterable<Uint8Array>) => Buffer.concat(await Array.fromAsync(pieces))

  test('takes a file in a folder that is called as a file was before', async () => {
    const { inbox, at } = await fresh()
    for (const place of ['done', 'failed'] as const) {
      await writeFile(at('inbox/export'), 'file')
      await inbox.move((await inbox.list(1))[0]!, { place, day: DAY })
      await mkdir(at('inbox/export'))
      await writeFile(at('inbox/export/part-1'), 'part')
      expect(await inbox.move((await inbox.list(1))[0]!, { place, day: DAY })).toBe(true)
      expect(await readFile(at(`inbox-${place}/${DAY}/export~2/part-1`), 'utf8')).toBe('part')
      await rm(at('inbox/export'), { recursive: true })
      await writeFile(at('inbox/export~2'), 'a file that is called as a folder')
      expect(await inbox.move((await inbox.list(1))[0]!, { place, day: DAY })).toBe(true)
      expect(await readFile(at(`inbox-${place}/${DAY}/export~2~2`), 'utf8')).toMatch(/called as a folder/)
    }
  })

  test('reads and moves a file whose name is not UTF-8, and shows it percent-encoded', async () => {
    const { inbox, at } = await fresh()
    const path = Buffer.concat([Buffer.from(at('inbox/caf')), Buffer.from([0xe9]), Buffer.from('.ndjson')])
    await writeFile(path, 'one')
    const [file] = await inbox.list(1)
    expect(file?.name).toBe('caf%E9.ndjson')
    expect((await bytesOf(inbox.read(file!, 0))).toString()).toBe('one')
    expect(await inbox.move(file!, { place: 'done', day: DAY })).toBe(true)
    expect(await readdir(at(`inbox-done/${DAY}`))).toEqual(['caf%E9.ndjson'])
  })

  test('follows no symbolic link, names it and moves it away', async () => {
    const { inbox, at } = await fresh()
    await writeFile(at('secret'), 'one')
    await symlink(at('secret'), at('inbox/a-file'))
    await symlink(at('inbox'), at('inbox/b-circle'))
    await symlink('nowhere', at('inbox/c-dangling'))
    const files = await inbox.list(10)
    expect(files.map(file => file.name)).toEqual(['a-file', 'b-circle', 'c-dangling'])
    for (const file of files) {
      await expect(bytesOf(inbox.read(file, 0))).rejects.toMatchObject({ code: 'corrupt_data' })
      expect(await inbox.move(file, { place: 'failed', day: DAY, reason: 'a link' })).toBe(true)
    }
    expect(await readFile(at('secret'), 'utf8')).toBe('one')
    expect(await inbox.list(10)).toEqual([])
  })

  test('refuses a folder that is deeper than it looks, with where its files belong, and moves it away', async () => {
    const { inbox, at } = await fresh()
    await mkdir(at(`inbox/${'d/'.repeat(101)}`), { recursive: true })
    await writeFile(at(`inbox/${'d/'.repeat(101)}a.ndjson`), 'one')
    const [folder, ...others] = await inbox.list(10)
    expect(others).toEqual([])
    await expect(bytesOf(inbox.read(folder!, 0))).rejects.toMatchObject({
      code: 'corrupt_data',
      message: expect.stringMatching(/folder within 100 others.*further up/),
    })
    expect(await inbox.move(folder!, { place: 'failed', day: DAY, reason: 'too deep' })).toBe(true)
    expect(await inbox.list(10)).toEqual([])
  })

  test('tells when a file came by the clock of the file system, whatever time the file has', async () => {
    const { inbox, at } = await fresh()
    await writeFile(at('inbox/a'), 'one')
    const tomorrow = Date.now() / 1000 + 86_400
    await utimes(at('inbox/a'), tomorrow, tomorrow)
    expect((await inbox.list(1))[0]?.writtenAt).toBeLessThan(Date.now() + 1000)
  })

  test.skipIf(process.getuid?.() === 0)(
    'refuses a file that it could not move away (root may all)',
    async () => {
      const { inbox, at } = await fresh()
      await mkdir(at('inbox/shop'))
      await writeFile(at('inbox/shop/a'), 'one')
      await chmod(at('inbox/shop'), 0o500)
      const [file] = await inbox.list(1)
      await expect(bytesOf(inbox.read(file!, 0))).rejects.toMatchObject({ code: 'storage_failed' })
      await chmod(at('inbox/shop'), 0o700)
    },
  )
})
