import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, expect, test } from 'vitest'
import { PART_BYTES } from '../../../../drivers/objects/s3/parts.ts'
import { createS3Objects } from '../../../../drivers/objects/s3/s3.ts'
import { objectsContract } from '../../../contracts/objects.ts'
import { awsFault, intercept, lostAnswer } from '../../../engines/aws-faults.ts'
import { describeOnMinistack } from '../../../engines/ministack.ts'
import { s3Bench } from './kit.ts'

const folder = await mkdtemp(join(tmpdir(), 'tributary-s3-'))
afterAll(() => rm(folder, { recursive: true }))
/** Two parts and a little. */
const large = randomBytes(2 * PART_BYTES + 12_345)
const file = join(folder, 'large')
await writeFile(file, large)

describeOnMinistack('objects in S3', ['s3'], ministack => {
  objectsContract('S3', async () => (await s3Bench(ministack)).objects)

  test('a large file goes up and comes down in parts', async () => {
    const { objects } = await s3Bench(ministack)
    const etag = await objects.upload('large', file)
    const [listed] = await objects.list('large')
    expect(listed).toMatchObject({ bytes: large.length, etag })
    const back = join(folder, 'back')
    expect(await objects.download('large', back)).toBe(etag)
    expect(large.equals(await readFile(back))).toBe(true)
  }, 60_000)

  test('an empty object is downloaded as an empty file', async () => {
    const { objects } = await s3Bench(ministack)
    await objects.put('empty', new Uint8Array())
    await objects.download('empty', join(folder, 'empty'))
    expect(await readFile(join(folder, 'empty'))).toHaveLength(0)
  })

  test('what cannot be downloaded leaves no file', async () => {
    const { objects } = await s3Bench(ministack)
    const target = join(folder, 'none')
    await expect(objects.download('none', target)).rejects.toMatchObject({ code: 'not_found' })
    expect(existsSync(target)).toBe(false)
    const elsewhere = objects.download('none', join(folder, 'no-folder', 'x'))
    await expect(elsewhere).rejects.toMatchObject({ code: 'storage_failed' })
  })

  test('an object replaced during its download is not mixed', async () => {
    const { client, objects } = await s3Bench(ministack)
    await objects.upload('o', file)
    let gets = 0
    intercept(client, async ({ command, send }) => {
      if (command === 'GetObjectCommand' && ++gets === 2) throw awsFault('PreconditionFailed', 412)
      return send()
    })
    const target = join(folder, 'replaced')
    await expect(objects.download('o', target)).rejects.toMatchObject({
      code: 'unavailable',
      retryable: true,
    })
    expect(existsSync(target)).toBe(false)
  })

  test('folders are named, sorted', async () => {
    const { objects } = await s3Bench(ministack)
    for (const key of ['raw/b/1', 'raw/a/1', 'raw/a/2', 'raw/file', 'other/c/1'])
      await objects.put(key, large.subarray(0, 9))
    expect(await objects.folders('raw/')).toEqual(['a', 'b'])
    expect(await objects.folders('none/')).toEqual([])
  })

  test('more objects than a page are listed and removed', async () => {
    const { objects } = await s3Bench(ministack)
    const keys = Array.from({ length: 1_100 }, (_, n) => `n/${String(n).padStart(4, '0')}`)
    for (let from = 0; from < keys.length; from += 50)
      await Promise.all(keys.slice(from, from + 50).map(key => objects.put(key, new Uint8Array())))
    expect((await objects.list('n/')).map(({ key }) => key)).toEqual(keys)
    await objects.remove(keys)
    expect(await objects.list('')).toEqual([])
  }, 120_000)

  test.each(['SlowDown', 'InternalError'])('%s and lost answers are tried again', async name => {
    const { client, objects } = await s3Bench(ministack)
    let calls = 0
    intercept(client, async ({ send }) => {
      calls += 1
      if (calls % 3 === 1) throw awsFault(name, 503)
      const output = await send()
      if (calls % 3 === 2) throw lostAnswer()
      return output
    })
    await objects.put('k', Buffer.from('v'))
    expect((await objects.get('k'))?.toString()).toBe('v')
    await objects.copy('k', 'l')
    await objects.remove(['k'])
    expect((await objects.list('')).map(({ key }) => key)).toEqual(['l'])
  })

  test('an upload whose last answer was lost is complete', async () => {
    const { client, objects } = await s3Bench(ministack)
    let completed = 0
    intercept(client, async ({ command, send }) => {
      const output = await send()
      if (command === 'CompleteMultipartUploadCommand' && ++completed === 1) throw lostAnswer()
      return output
    })
    await objects.upload('large', file)
    expect(await objects.list('large')).toMatchObject([{ bytes: large.length }])
  }, 60_000)

  test('an upload that fails is given up and shows nothing', async () => {
    const { client, bucket, objects } = await s3Bench(ministack)
    intercept(client, async ({ command, input, send }) => {
      if (command === 'UploadPartCommand' && input.PartNumber === 2) throw awsFault('AccessDenied', 403)
      return send()
    })
    await expect(objects.upload('large', file)).rejects.toMatchObject({ code: 'storage_failed' })
    expect(await objects.list('')).toEqual([])
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }))
    expect(Uploads).toEqual([])
  }, 60_000)

  test('keys that S3 could not remove are asked for again, those it may not are an error', async () => {
    const { client, objects } = await s3Bench(ministack)
    for (const key of ['a', 'b']) await objects.put(key, new Uint8Array())
    const asked: string[][] = []
    intercept(client, async ({ command, input, send }) => {
      if (command !== 'DeleteObjectsCommand') return send()
      asked.push(input.Delete.Objects.map(({ Key }: { Key: string }) => Key))
      if (asked.length === 1) return { Errors: [{ Key: 'b', Code: 'InternalError' }] }
      return { Errors: asked.length === 2 ? [] : [{ Key: 'a', Code: 'AccessDenied' }] }
    })
    await objects.remove(['a', 'b'])
    expect(asked).toEqual([['a', 'b'], ['b']])
    await expect(objects.remove(['a'])).rejects.toMatchObject({ code: 'storage_failed' })
  })

  test('when the time is up, the failure says what it was about', async () => {
    const { client, bucket } = await s3Bench(ministack)
    intercept(client, async () => {
      throw awsFault('SlowDown', 503)
    })
    const objects = createS3Objects({ client, bucket, deadlineMs: 300 })
    const put = objects.put('some/key', new Uint8Array())
    await expect(put).rejects.toMatchObject({
      code: 'overloaded',
      message: `AWS did not put object some/key in bucket ${bucket} (SlowDown)`,
    })
  })

  test('a body that stalls, or is cut off, is asked for again', async () => {
    let requests = 0
    const server = createServer((_, response) => {
      requests += 1
      response.writeHead(200, { 'content-length': 5, etag: '"e"' })
      if (requests === 1) return response.write('he')
      if (requests === 2) return response.write('he', () => response.destroy())
      return response.end('hello')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const client = new S3Client({ ...ministack.settings(), endpoint: `http://127.0.0.1:${port}` })
    const objects = createS3Objects({ client, bucket: 'b', deadlineMs: 3_000 })
    expect((await objects.get('k'))?.toString()).toBe('hello')
    expect(requests).toBe(3)
    client.destroy()
    server.closeAllConnections()
    server.close()
  })

  test('a bucket that is not there is named', async () => {
    const { client } = await s3Bench(ministack)
    const objects = createS3Objects({ client, bucket: 'no-such-bucket' })
    const put = objects.put('k', new Uint8Array())
    await expect(put).rejects.toMatchObject({ code: 'storage_failed', message: /no-such-bucket/ })
    await expect(objects.get('k')).rejects.toMatchObject({ code: 'storage_failed' })
  })
})
