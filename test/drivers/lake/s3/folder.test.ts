import { afterEach, beforeEach, expect, test } from 'vitest'
import { createS3Folder } from '../../../../drivers/lake/s3/folder.ts'
import type { S3Objects } from '../../../../drivers/objects/s3/s3.ts'
import { describeOnMinistack } from '../../../engines/ministack.ts'
import { type Bucket, openBucket, watched } from './kit.ts'

const TARGET = 'curated/type=a/epoch=1'
const STAGED = `staged/${TARGET}`
const MINUTE = 60_000

describeOnMinistack('a folder of S3 objects that is replaced', ['s3'], ministack => {
  let at: Bucket
  let now: number
  beforeEach(async () => {
    at = await openBucket(ministack)
    now = 1_763_720_000_000
  })
  afterEach(() => at.dispose())

  const folderOn = (objects: S3Objects) => createS3Folder({ objects, bucket: at.bucket, now: () => now })
  const stage = async (content: string, names = ['x', 'y']) => {
    await folderOn(at.objects).remove(STAGED)
    for (const name of names) await at.objects.put(`${STAGED}/${name}`, Buffer.from(`${content} ${name}`))
  }
  const shown = async () => {
    const texts: string[] = []
    for (const { key } of await folderOn(at.objects).list(TARGET))
      texts.push(String(await at.objects.get(key)))
    return texts
  }
  const keys = async () => (await at.objects.list(`${TARGET}/`)).map(object => object.key)

  test('is removed whole by the next removal, wherever one is cut short, and what is left is found by its name', async () => {
    const crash = new Error('the function was ended')
    const some = { withRemains: true }
    let wasCut = true
    for (let cutAt = 1; wasCut; cutAt++) {
      const whole = folderOn(at.objects)
      await stage('old')
      await whole.replace(STAGED, TARGET)
      wasCut = false
      const cut = watched(at.objects, {
        before(call: number) {
          if (call !== cutAt) return
          wasCut = true
          throw crash
        },
      })
      await folderOn(cut)
        .remove(TARGET)
        .catch(error => expect(error).toBe(crash))
      const isLeft = (await keys()).length > 0
      expect(await whole.folders('curated/type=a', some)).toEqual(isLeft ? ['epoch=1'] : [])
      expect([[], ['old x', 'old y']]).toContainEqual(await shown())
      for (const name of await whole.folders('curated/type=a', some))
        await whole.remove(`curated/type=a/${name}`)
      expect(await keys()).toEqual([])
    }
  })

  test('holds the old objects or the new ones wherever it is cut short, and the next replacement succeeds', async () => {
    const crash = new Error('the function was ended')
    for (const moment of ['before', 'after'] as const) {
      let wasCut = true
      for (let cutAt = 1; wasCut; cutAt++) {
        const whole = folderOn(at.objects)
        await stage('old')
        await whole.replace(STAGED, TARGET)
        await stage('new', ['x', 'z'])
        wasCut = false
        const cut = watched(at.objects, {
          [moment](call: number) {
            if (call !== cutAt) return
            wasCut = true
            throw crash
          },
        })
        const end = await folderOn(cut)
          .replace(STAGED, TARGET)
          .catch(error => error)
        expect(end).toBe(wasCut ? crash : undefined)
        const texts = await shown()
        expect([
          ['old x', 'old y'],
          ['new x', 'new z'],
        ]).toContainEqual(texts)
        expect(await whole.folders('curated/type=a')).toEqual(['epoch=1'])
        expect((await whole.list('curated')).map(object => object.path)).toEqual(
          (await whole.list(TARGET)).map(object => object.path),
        )
        await stage('third', ['w'])
        await whole.replace(STAGED, TARGET)
        expect(await shown()).toEqual(['third w'])
        now += 20 * MINUTE
      }
    }
  })

  test('is rid of what cut-off replacements left once no function can be writing it any more', async () => {
    for (const [content, names] of [
      ['first', ['a']],
      ['second', ['b', 'c']],
    ] as const) {
      await stage(content, [...names])
      const cut = watched(at.objects, {
        before(_, method) {
          if (method === 'put') throw new Error('cut before the switch')
        },
      })
      await folderOn(cut)
        .replace(STAGED, TARGET)
        .catch(() => undefined)
    }
    expect(await keys()).toHaveLength(3)
    expect(await folderOn(at.objects).folders('curated/type=a')).toEqual([])
    expect(await folderOn(at.objects).list('curated')).toEqual([])
    now += 16 * MINUTE
    await stage('whole')
    await folderOn(at.objects).replace(STAGED, TARGET)
    expect(await keys()).toHaveLength(2)
    expect(await at.objects.list('staged/')).toEqual([])
  })

  test('leaves alone what another replacement of it is copying', async () => {
    await stage('old')
    await folderOn(at.objects).replace(STAGED, TARGET)
    await stage('slow')
    const slow = watched(at.objects, {
      before(_, method) {
        if (method === 'put') throw new Error('stands still before the switch')
      },
    })
    await folderOn(slow)
      .replace(STAGED, TARGET)
      .catch(() => undefined)
    now += MINUTE
    await stage('quick')
    await folderOn(at.objects).replace(STAGED, TARGET)
    expect(await shown()).toEqual(['quick x', 'quick y'])
    expect(await keys()).toHaveLength(4) // of the quick one and of the slow one, whose switch may still come
  })

  test('is listed whole by a reader whom a replacement overtakes', async () => {
    await stage('old')
    await folderOn(at.objects).replace(STAGED, TARGET)
    await stage('new', ['x', 'z'])
    let isFirst = true
    const overtaken = folderOn({
      ...at.objects,
      async list(prefix, options) {
        if (prefix.includes('/v=') && isFirst) {
          isFirst = false
          await folderOn(at.objects).replace(STAGED, TARGET)
        }
        return at.objects.list(prefix, options)
      },
    })
    expect((await overtaken.list(TARGET)).map(object => object.path)).toEqual([`${TARGET}/x`, `${TARGET}/z`])
    expect(isFirst).toBe(false)
  })

  test('that has lost an object is no longer read', async () => {
    await stage('old')
    await folderOn(at.objects).replace(STAGED, TARGET)
    await at.objects.remove((await keys()).slice(0, 1))
    await expect(folderOn(at.objects).list(TARGET)).rejects.toMatchObject({ name: 'storage_failed' })
  })

  test('is named by a manifest that Athena reads: one URI a line', async () => {
    await stage('new')
    await folderOn(at.objects).replace(STAGED, TARGET)
    const manifest = String(await at.objects.get(`manifests/${TARGET}/manifest`))
    const uris = (await keys()).map(key => `s3://${at.bucket}/${key}\n`)
    expect(manifest).toBe(uris.join(''))
    expect(uris).toHaveLength(2)
  })

  test('takes no object by itself, and lies in no other', async () => {
    const folder = folderOn(at.objects)
    await stage('new')
    await folder.replace(STAGED, TARGET)
    await stage('again')
    for (const wrong of [
      () => folder.upload(`${TARGET}/z`, '/dev/null'),
      () => folder.remove(`${TARGET}/x`),
      () => folder.replace(STAGED, `${TARGET}/deeper`),
      () => folder.replace(STAGED, 'curated/type=a'),
      () => folder.replace(STAGED, 'raw/type=a'),
    ])
      await expect(wrong()).rejects.toMatchObject({ name: 'internal' })
    expect(await shown()).toEqual(['new x', 'new y'])
  })

  test('is gone after it was removed, with every version', async () => {
    const folder = folderOn(at.objects)
    await stage('new')
    await folder.replace(STAGED, TARGET)
    await folder.remove('curated/type=a')
    expect(await folder.list('curated')).toEqual([])
    expect(await folder.folders('curated')).toEqual([])
    expect(await keys()).toEqual([])
  })

  test('lists what is in it and below it by the paths that were staged', async () => {
    const folder = folderOn(at.objects)
    for (const name of ['sub/x', 'sub/deep/y', 'z'])
      await at.objects.put(`${STAGED}/${name}`, Buffer.from('1'))
    await folder.replace(STAGED, TARGET)
    expect((await folder.list(`${TARGET}/sub`)).map(object => object.path)).toEqual([
      `${TARGET}/sub/deep/y`,
      `${TARGET}/sub/x`,
    ])
    expect(await folder.folders(TARGET)).toEqual(['sub'])
    expect(await folder.folders(`${TARGET}/sub`)).toEqual(['deep'])
  })
})
