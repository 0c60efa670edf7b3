import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Lake } from '../../core/ports/lake.ts'
import type { Dialect } from '../../core/sql/dialect.ts'

/** What a lake's tests need of its engine. */
export type LakeHarness = {
  readonly lake: Lake
  readonly dialect: Dialect
  /** Content of a stored object. */
  text(path: string): Promise<string>
  /** A statement that takes longer than the engine's time-out. */
  readonly endless: string
  dispose(): Promise<void>
}

/** The contract that every lake engine keeps. */
export function lakeContract(name: string, create: () => Promise<LakeHarness>): void {
  describe(`lake on ${name}`, () => {
    let harness: LakeHarness
    let lake: Lake
    beforeEach(async () => {
      harness = await create()
      lake = harness.lake
    })
    afterEach(() => harness.dispose())

    const paths = async (folder: string) => (await lake.list(folder)).map(object => object.path)
    const write = (path: string, sql: string) => lake.session(s => s.write(sql, path, 'parquet'))
    const read = (path: string) =>
      lake.session(s => s.rows(`SELECT * FROM ${harness.dialect.scan([lake.address(path)])} AS t ORDER BY 1`))

    test('a written query reads back, with its number of rows', async () => {
      const { rows, bytes } = await write(
        'a/x.parquet',
        `SELECT 1 AS n, '\u{1F600}' AS t UNION ALL SELECT 2, NULL`,
      )
      expect(rows).toBe(2)
      expect((await lake.list('a'))[0]).toEqual({ path: 'a/x.parquet', bytes })
      expect(await read('a/x.parquet')).toEqual([
        { n: 1, t: '\u{1F600}' },
        { n: 2, t: null },
      ])
    })

    test('an object written again at once is the new one', async () => {
      for (let i = 0; i < 5; i++) {
        await write('a/x.parquet', `SELECT ${i} AS n`)
        expect(await read('a/x.parquet')).toEqual([{ n: i }])
      }
    })

    test('a write that fails leaves the object that was there, and nothing else', async () => {
      await write('a/x.parquet', 'SELECT 1 AS n')
      await expect(write('a/x.parquet', `SELECT CAST('x' || 'y' AS INTEGER) AS n`)).rejects.toMatchObject({
        name: 'corrupt_data',
      })
      expect(await read('a/x.parquet')).toEqual([{ n: 1 }])
      expect(await paths('a')).toEqual(['a/x.parquet'])
    })

    test('a stream gives every row, chunk by chunk, and can be left early', async () => {
      await write('a/x.parquet', 'SELECT * FROM (SELECT 1 AS n) AS t')
      await lake.session(async session => {
        let seen = 0
        for await (const rows of session.stream('SELECT * FROM range(10000) AS r(n)')) seen += rows.length
        expect(seen).toBe(10_000)
        for await (const rows of session.stream('SELECT * FROM range(10000) AS r(n)')) {
          expect(rows.length).toBeLessThan(10_000)
          break
        }
        expect(await session.rows('SELECT 1 AS n')).toEqual([{ n: 1 }])
      })
    })

    test('temporary tables end with their session', async () => {
      await lake.session(s => s.execute('CREATE TEMP TABLE t AS SELECT 1 AS n'))
      await expect(lake.session(s => s.rows('SELECT * FROM t'))).rejects.toMatchObject({ name: 'internal' })
    })

    test('CSV tells an empty text from null', async () => {
      await lake.session(s => s.write(`SELECT '' AS a, NULL AS b, 'x"y' AS c`, 'a/x.csv', 'csv'))
      expect(await harness.text('a/x.csv')).toBe('"",,"x""y"\n')
    })

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

    test('a statement over its time ends as timeout, and the session goes on', async () => {
      await lake.session(async session => {
        await expect(session.rows(harness.endless)).rejects.toMatchObject({
          name: 'timeout',
          retryable: true,
        })
        expect(await session.rows('SELECT 1 AS n')).toEqual([{ n: 1 }])
      })
    })
  })
}
