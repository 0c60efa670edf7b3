import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Objects } from '../../core/ports/objects.ts'

const text = (content: string) => Buffer.from(content)

/** What every engine of the port does. `open` gives an empty store. */
export function objectsContract(name: string, open: () => Promise<Objects>): void {
  describe(`${name} keeps the contract of objects:`, () => {
    let folder: string
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'tributary-objects-'))
    })
    afterAll(() => rm(folder, { recursive: true }))

    const keysOf = async (objects: Objects, prefix: string, options = {}) =>
      (await objects.list(prefix, options)).map(({ key }) => key)

    test('an object comes back as it was put, and the later one in place of the earlier', async () => {
      const objects = await open()
      const content = randomBytes(100_000)
      await objects.put('a/b=1/c.bin', text('earlier'))
      await objects.put('a/b=1/c.bin', content)
      expect(content.equals((await objects.get('a/b=1/c.bin'))!)).toBe(true)
    })

    test('an empty object is an object', async () => {
      const objects = await open()
      await objects.put('empty', new Uint8Array())
      expect(await objects.get('empty')).toHaveLength(0)
      expect(await objects.list('')).toMatchObject([{ key: 'empty', bytes: 0 }])
    })

    test('where there is no object there is undefined', async () => {
      expect(await (await open()).get('nothing')).toBeUndefined()
    })

    test('a file is put as an object', async () => {
      const objects = await open()
      const file = join(folder, 'file')
      await writeFile(file, 'of a file')
      await objects.put('k', { file })
      expect((await objects.get('k'))?.toString()).toBe('of a file')
      const missing = objects.put('k', { file: join(folder, 'missing') })
      await expect(missing).rejects.toMatchObject({ code: 'storage_failed' })
      expect((await objects.get('k'))?.toString()).toBe('of a file')
    })

    test('lists tell key, size, version and time, by key', async () => {
      const objects = await open()
      for (const key of ['x/b', 'x/a', 'x/a.b', 'y', 'x/ü', 'x/Z', 'x/a b+c&d'])
        await objects.put(key, text(key))
      const listed = await objects.list('x/')
      expect(listed.map(({ key }) => key)).toEqual(['x/Z', 'x/a', 'x/a b+c&d', 'x/a.b', 'x/b', 'x/ü'])
      expect(listed[0]).toEqual({
        key: 'x/Z',
        bytes: 3,
        etag: expect.any(String),
        writtenAt: expect.any(Number),
      })
      await objects.put('x/a', text('new'))
      const [, again] = await objects.list('x/')
      expect(again!.etag).not.toBe(listed[1]!.etag)
      expect(Math.abs(again!.writtenAt - Date.now())).toBeLessThan(120_000)
    })

    test('lists go on after any text, and end at a limit', async () => {
      const objects = await open()
      for (const key of ['p/1', 'p/2', 'p/3', 'q/1']) await objects.put(key, text(''))
      expect(await keysOf(objects, 'p/', { limit: 2 })).toEqual(['p/1', 'p/2'])
      expect(await keysOf(objects, 'p/', { after: 'p/2' })).toEqual(['p/3'])
      expect(await keysOf(objects, 'p/', { after: 'p/10' })).toEqual(['p/2', 'p/3'])
      expect(await keysOf(objects, 'p/', { after: 'z' })).toEqual([])
    })

    test('what was removed is gone, and removing what is not there is harmless', async () => {
      const objects = await open()
      await objects.put('gone', text('1'))
      await objects.put('kept', text('2'))
      await objects.remove(['gone', 'never'])
      await objects.remove(['gone'])
      await objects.remove([])
      expect(await keysOf(objects, '')).toEqual(['kept'])
    })

    test('a copy has the content and leaves the original', async () => {
      const objects = await open()
      await objects.put('from/ä b', text('content'))
      await objects.copy('from/ä b', 'to')
      expect((await objects.get('to'))?.toString()).toBe('content')
      expect((await objects.get('from/ä b'))?.toString()).toBe('content')
      await expect(objects.copy('nothing', 'to')).rejects.toMatchObject({ code: 'not_found' })
      expect((await objects.get('to'))?.toString()).toBe('content')
    })
  })
}
