import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createS3Inbox } from '../../../drivers/inbox/s3.ts'
import { inboxContract } from '../../contracts/inbox.ts'
import { awsFault, intercept, pass } from '../../engines/aws-faults.ts'
import { describeOnMinistack } from '../../engines/ministack.ts'
import { s3Bench } from '../objects/s3/kit.ts'

const scratch = await mkdtemp(join(tmpdir(), 'tributary-inbox-'))
afterAll(() => rm(scratch, { recursive: true }))
let folders = 0

describeOnMinistack('the inbox in S3', ['s3'], ministack => {
  const open = async (largest = 1e9) => {
    const { objects, client } = await s3Bench(ministack)
    return {
      objects,
      client,
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

  test('a page of hidden objects hides none behind it', async () => {
    const { inbox, put } = await open()
    for (let i = 0; i < 12; i++) await put(`inbox/orders/.part-${i}.crc`, 'crc')
    await put('inbox/orders/part-0.jsonl', 'one\n')
    expect((await inbox.list(10)).map(file => file.name)).toEqual(['orders/part-0.jsonl'])
  })

  test.each([
    ['AccessDenied', /encrypted under a key that is not the platform's/],
    ['KMS.DisabledException', /encrypted under a key that is not the platform's/],
    ['InvalidObjectState', /archive class: restore it/],
  ])('an object that S3 keeps back with %s is said to be so, with the remedy', async (name, remedy) => {
    const { inbox, put, client } = await open()
    await put('inbox/a-locked.jsonl', 'one\n')
    const [file] = await inbox.list(10)
    intercept(client, ({ command, send }) => {
      if (command === 'GetObjectCommand' || command === 'CopyObjectCommand') throw awsFault(name, 403)
      return send()
    })
    const read = inbox.read(file!, 0)[Symbol.asyncIterator]().next()
    await expect(read).rejects.toMatchObject({
      code: 'storage_failed',
      message: expect.stringMatching(remedy),
    })
    const move = inbox.move(file!, { place: 'failed', day: '2026-11-21', reason: 'why' })
    await expect(move).rejects.toMatchObject({ message: expect.stringMatching(remedy) })
  })

  test('an object that may be copied but not removed leaves no copy each time', async () => {
    const { inbox, put, client, objects } = await open()
    await put('inbox/a.jsonl', 'one\n')
    const [file] = await inbox.list(10)
    intercept(client, ({ command, input, send }) => {
      const isOfInbox = JSON.stringify(input).includes('"inbox/a.jsonl"')
      if (command === 'DeleteObjectsCommand' && isOfInbox) throw awsFault('AccessDenied', 403)
      return send()
    })
    for (let attempt = 0; attempt < 2; attempt++)
      await expect(inbox.move(file!, { place: 'done', day: '2026-11-21' })).rejects.toThrow()
    expect(await objects.list('inbox-done/')).toEqual([])
    pass(client)
    expect(await inbox.move(file!, { place: 'done', day: '2026-11-21' })).toBe(true)
  })

  test('a folder made in the console is no file', async () => {
    const { inbox, put } = await open()
    await put('inbox/', '')
    await put('inbox/shop/', '')
    expect(await inbox.list(10)).toEqual([])
  })
})
