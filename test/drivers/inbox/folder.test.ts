import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll } from 'vitest'
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
