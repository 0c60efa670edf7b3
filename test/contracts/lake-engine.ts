import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Relation } from '../../core/lake/relation.ts'
import type { LakeEngine } from '../../core/ports/lake-engine.ts'
import { type Query, query } from '../../core/sql/query.ts'
import type { LakeFolderHarness } from './lake-folder.ts'

/** What the tests of a lake's engine need: its folder too. */
export type LakeEngineHarness = LakeFolderHarness & {
  readonly engine: LakeEngine
  /** A statement that takes longer than the engine's time-out. */
  readonly endless: Query
}

/** Rows of a type, in some objects of the lake. */
export function rowsIn(...parts: readonly string[]): Relation {
  return { kind: 'curated', type: 'a', epoch: 0, parts }
}

/** The contract that every lake engine keeps. */
export function lakeEngineContract(name: string, create: () => Promise<LakeEngineHarness>): void {
  describe(`the lake's engine on ${name}`, () => {
    let harness: LakeEngineHarness
    let engine: LakeEngine
    beforeEach(async () => {
      harness = await create()
      engine = harness.engine
    })
    afterEach(() => harness.dispose())

    const write = (path: string, rows: Query) => engine.session(s => s.write(rows, path, 'parquet'))
    const rows = (asked: Query) => engine.session(s => s.rows(asked))
    const read = (path: string) =>
      rows(query`SELECT * FROM ${engine.dialect.scan([rowsIn(path)])} AS t ORDER BY 1`)

    test('a written query reads back, with its number of rows', async () => {
      const { rows, bytes } = await write(
        'a/x.parquet',
        query`SELECT 1 AS n, '\u{1F600}' AS t UNION ALL SELECT 2, NULL`,
      )
      expect(rows).toBe(2)
      expect((await harness.lake.list('a'))[0]).toEqual({ path: 'a/x.parquet', bytes })
      expect(await read('a/x.parquet')).toEqual([
        { n: 1, t: '\u{1F600}' },
        { n: 2, t: null },
      ])
    })

    test('an object written again at once is the new one', async () => {
      for (let i = 0; i < 5; i++) {
        await write('a/x.parquet', query`SELECT ${i} AS n`)
        expect(await read('a/x.parquet')).toEqual([{ n: i }])
      }
    })

    test('a write that fails leaves the object that was there, and nothing else', async () => {
      await write('a/x.parquet', query`SELECT 1 AS n`)
      await expect(
        write('a/x.parquet', query`SELECT CAST('x' || 'y' AS INTEGER) AS n`),
      ).rejects.toMatchObject({ name: 'corrupt_data' })
      expect(await read('a/x.parquet')).toEqual([{ n: 1 }])
      expect((await harness.lake.list('a')).map(object => object.path)).toEqual(['a/x.parquet'])
    })

    test('parts of several relations are read together; a column that some lack is null there', async () => {
      await write("a/it's ü.parquet", query`SELECT 1 AS n`)
      await write('b/y.parquet', query`SELECT 2 AS n, 'new' AS t`)
      const both = engine.dialect.scan([rowsIn("a/it's ü.parquet"), rowsIn('b/y.parquet')])
      expect(await rows(query`SELECT n, t FROM ${both} AS r ORDER BY n`)).toEqual([
        { n: 1, t: null },
        { n: 2, t: 'new' },
      ])
    })

    test('a row tells the path of its part, by which the part can be read alone', async () => {
      const [first, second] = ["a/it's 😀.parquet", 'a/y.parquet']
      await write(first, query`SELECT 1 AS n`)
      await write(second, query`SELECT 2 AS n UNION ALL SELECT 3`)
      const placed = engine.dialect.scanPlaced(rowsIn(first, second))
      const found = await rows(query`SELECT __part AS part, n FROM ${placed} AS p ORDER BY n`)
      expect(found.map(row => row['part'])).toEqual([first, second, second])
      const again = query`SELECT n FROM ${placed} AS p WHERE __part = ${engine.dialect.text(second)} ORDER BY n`
      expect(await rows(again)).toEqual([{ n: 2 }, { n: 3 }])
    })

    test('tells the columns of relations', async () => {
      await write('a/x.parquet', query`SELECT 1 AS n, 'x' AS t`)
      const columns = await rows(engine.dialect.columns([rowsIn('a/x.parquet')]))
      expect(columns.map(row => row['column_name'])).toEqual(['n', 't'])
    })

    test('a CSV object with a header reads in the types it is asked for, and its digest is of its bytes', async () => {
      const text = '"n","t"\n1,""\n2,\n'
      await harness.lake.put('deliveries/x.csv', [text])
      const csv = {
        ...{ kind: 'delivery', metric: 'm', epoch: 0 },
        parts: ['deliveries/x.csv'],
      } satisfies Relation
      const relation = engine.dialect.csv(csv, [
        { name: 'n', type: 'double' },
        { name: 't', type: 'text' },
      ])
      expect(await rows(query`SELECT n, t FROM ${relation} ORDER BY n`)).toEqual([
        { n: 1, t: '' },
        { n: 2, t: null },
      ])
      const sha256 = createHash('sha256').update(text).digest('hex')
      const digests = await engine.session(session => session.digests(csv))
      expect(digests).toEqual([{ path: csv.parts[0], bytes: Buffer.byteLength(text), sha256 }])
    })

    test('a part that is not there is named as missing, which trying again may mend', async () => {
      await expect(read('a/nothing.parquet')).rejects.toMatchObject({ name: 'storage_failed' })
    })

    test('a stream gives every row, chunk by chunk, and can be left early', async () => {
      await write('a/x.parquet', query`SELECT * FROM (SELECT 1 AS n) AS t`)
      await engine.session(async session => {
        let seen = 0
        for await (const rows of session.stream(query`SELECT * FROM range(10000) AS r(n)`))
          seen += rows.length
        expect(seen).toBe(10_000)
        for await (const rows of session.stream(query`SELECT * FROM range(10000) AS r(n)`)) {
          expect(rows.length).toBeLessThan(10_000)
          break
        }
        expect(await session.rows(query`SELECT 1 AS n`)).toEqual([{ n: 1 }])
      })
    })

    test('temporary tables end with their session', async () => {
      await engine.session(s => s.execute(query`CREATE TEMP TABLE t AS SELECT 1 AS n`))
      await expect(rows(query`SELECT * FROM t`)).rejects.toMatchObject({ name: 'internal' })
    })

    test('CSV tells an empty text from null', async () => {
      await engine.session(s => s.write(query`SELECT '' AS a, NULL AS b, 'x"y' AS c`, 'a/x.csv', 'csv'))
      expect(await harness.text('a/x.csv')).toBe('"",,"x""y"\n')
    })

    test('a statement over its time ends as timeout, and the session goes on', async () => {
      await engine.session(async session => {
        await expect(session.rows(harness.endless)).rejects.toMatchObject({
          name: 'timeout',
          retryable: true,
        })
        expect(await session.rows(query`SELECT 1 AS n`)).toEqual([{ n: 1 }])
      })
    })
  })
}
