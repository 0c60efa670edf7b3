import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createS3Inbox } from '../../../drivers/inbox/s3.ts'
import { inboxContract } from '../../contracts/inbox.ts'
import { describeOnMinistack } from '../../engines/ministack.ts'
import { s3Bench } from '../objects/s3/kit.ts'

const scratch = await mkdtemp(join(tmpdir(), 'tributary-inbox-'))
afterAll(() => rm(scratch, { recursive: true }))
let folders = 0

describeOnMinistack('the inbox in S3', ['s3'], ministack => {
  const open = async (largest = 1e9) => {
    const { objects } = await s3Bench(ministack)
    return {
      inbox: createS3Inbox({ objects, scratch: join(scratch, String(folders++)), largest }),
      put: (path: string, content: string | Uint8Array) => objects.put(path, Buffer.from(content)),
      get: async (path: string) => (await objects.get(path))?.toString(),
    }
  }
  inboxContract('S3', () => open())

  test('a file that does not fit the disk is refused before it is copied', async () => {
    const { inbox, put } = await open(10)
    await put('inbox/large', 'x'.repeat(11))
    const [file] = await inbox.list(10)
    const read = inbox.read(file!, 0)[Symbol.asyncIterator]().next()
    await expect(read).rejects.toMatchObject({ code: 'too_large' })
  })

  test('a folder made in the console is no file', async () => {
    const { inbox, put } = await open()
    await put('inbox/', '')
    await put('inbox/shop/', '')
    expect(await inbox.list(10)).toEqual([])
  })
})
