import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { LakeFolder } from '../../core/ports/lake-folder.ts'

/** What the tests of a lake's folder need. */
export type LakeFolderHarness = {
  readonly lake: LakeFolder
  /** Content of a stored object. */
  text(path: string): Promise<string>
  dispose(): Promise<void>
}

/** The contract that every store of a lake's objects keeps. */
export function lakeFolderContract(name: string, create: () => Promise<LakeFolderHarness>): void {
  describe(`the lake's folder on ${name}`, () => {
    let harness: LakeFolderHarness
    let lake: LakeFolder
    beforeEach(async () => {
      harness = await create()
      lake = harness.lake
    })
    afterEach(() => harness.dispose())

    const paths = async (folder: string) => (await lake.list(folder)).map(object => object.path)

    test('text is stored as it comes, whole or not at all', async () => {
      await lake.put('a/x.csv', ['1\n', '2\n'])
      expect(await harness.text('a/x.csv')).toBe('1\n2\n')
      const broken = (function* () {
        yield '3\n'
        throw new RangeError('the source broke')
      })()
      await expect(lake.put('a/x.csv', broken)).rejects.toThrow('the source broke')
      expect(await harness.text('a/x.csv')).toBe('1\n2\n')
    })

    test('objects are listed by path and folders by name; what is missing is empty', async () => {
      for (const path of ['a/k=2/y.csv', 'a/k=1/z.csv', 'a/k=1/b/w.csv', 'ab/x.csv']) await lake.put(path, [])
      expect(await paths('a')).toEqual(['a/k=1/b/w.csv', 'a/k=1/z.csv', 'a/k=2/y.csv'])
      expect(await lake.folders('a')).toEqual(['k=1', 'k=2'])
      expect(await paths('nothing')).toEqual([])
      expect(await lake.folders('nothing')).toEqual([])
      expect(await lake.folders('a', { after: 'k=1' })).toEqual(['k=2'])
      expect(await lake.folders('a', { limit: 1 })).toEqual(['k=1'])
      expect(await lake.folders('a', { after: 'k=0', limit: 1 })).toEqual(['k=1'])
      expect(await lake.folders('a', { after: 'k=2' })).toEqual([])
      expect(await lake.folders('a', { after: 'k=1', among: ['k=1', 'k=2', 'k=3'] })).toEqual(['k=2'])
    })

    test('an object is listed with its size', async () => {
      await lake.put('a/x.csv', ['é\n'])
      expect(await lake.list('a')).toEqual([{ path: 'a/x.csv', bytes: 3 }])
    })

    test('removing takes everything under a folder, and what is missing is no error', async () => {
      for (const path of ['a/b/x.csv', 'a/y.csv', 'c/z.csv']) await lake.put(path, [])
      await lake.remove('a')
      await lake.remove('a')
      expect(await paths('a')).toEqual([])
      expect(await paths('c')).toEqual(['c/z.csv'])
    })

    test('replacing puts a folder in the place of another, or where nothing was', async () => {
      await lake.put('new/t/x.csv', ['new'])
      await lake.put('t/x.csv', ['old'])
      await lake.put('t/y.csv', ['old'])
      await lake.replace('new/t', 't')
      expect(await paths('t')).toEqual(['t/x.csv'])
      expect(await harness.text('t/x.csv')).toBe('new')
      await lake.replace('t', 'deep/er/t')
      expect(await paths('deep')).toEqual(['deep/er/t/x.csv'])
    })

    test('replacing with a folder that is missing fails and changes nothing', async () => {
      await lake.put('t/x.csv', ['old'])
      await expect(lake.replace('nothing', 't')).rejects.toMatchObject({ name: 'storage_failed' })
      expect(await paths('t')).toEqual(['t/x.csv'])
    })
  })
}
