import { spawnSync } from 'node:child_process'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Query, query } from '../../../../core/sql/query.ts'
import type { FunctionLake, FunctionLakeSettings } from '../../../../drivers/compose/aws/function-lake.ts'
import { createS3Folder } from '../../../../drivers/lake/s3/folder.ts'
import { s3Uri } from '../../../../drivers/lake/s3/uri.ts'
import { lakeEngineContract, rowsIn } from '../../../contracts/lake-engine.ts'
import { lakeFolderContract } from '../../../contracts/lake-folder.ts'
import { describeOnMinistack } from '../../../engines/ministack.ts'
import { type Bucket, openBucket, openLake, watched } from '../s3/kit.ts'

const ENDLESS = query`SELECT count(*) FROM range(100000000) AS a(x), range(100000000) AS b(y) WHERE x * y = 7`

describeOnMinistack('the lake of a Lambda', ['s3'], ministack => {
  const harness = async () => {
    const at = await openBucket(ministack)
    const { lake, engine, close } = await openLake(at, { statementTimeoutMs: 1000 })
    return {
      lake,
      engine,
      endless: ENDLESS,
      async text(path: string) {
        const listed = await createS3Folder(at).list(dirname(path))
        return String(await at.objects.get(listed.find(object => object.path === path)!.key))
      },
      async dispose() {
        close()
        await at.dispose()
      },
    }
  }
  lakeFolderContract('S3', harness)
  lakeEngineContract('DuckDB over S3', harness)

  let at: Bucket
  let lakes: FunctionLake[]
  /** Keys downloaded. */
  let copied: string[]
  beforeEach(async () => {
    at = await openBucket(ministack)
    lakes = []
    copied = []
  })
  afterEach(async () => {
    for (const lake of lakes) lake.close()
    await at.dispose()
  })

  async function open(settings: Partial<FunctionLakeSettings> = {}): Promise<FunctionLake> {
    const objects = {
      ...at.objects,
      download(key: string, file: string) {
        copied.push(key)
        return at.objects.download(key, file)
      },
    }
    const lake = await openLake(at, { objects, ...settings })
    lakes.push(lake)
    return lake
  }
  const put = (key: string, content: string) => at.objects.put(key, Buffer.from(content))
  /** Lines of objects, in the engine's own words. */
  const linesOf = (...parts: string[]): Query => {
    const files = parts.map(part => `'${join(at.folder, 'scratch/objects', part)}'`)
    const sql = `SELECT * FROM read_csv([${files.join()}], header = false, columns = {n: 'VARCHAR'}) ORDER BY 1`
    return { sql, reads: [rowsIn(...parts)] }
  }
  const read = async ({ engine }: FunctionLake, ...paths: string[]) =>
    (await engine.session(session => session.rows(linesOf(...paths)))).map(row => row['n'])

  test('an object is copied in once, and again when it has changed', async () => {
    const lake = await open()
    await put('raw/a.csv', 'one\n')
    expect([await read(lake, 'raw/a.csv'), await read(lake, 'raw/a.csv')]).toEqual([['one'], ['one']])
    expect(copied).toEqual(['raw/a.csv'])
    await put('raw/a.csv', 'two\n')
    expect(await read(lake, 'raw/a.csv')).toEqual(['two'])
    expect(copied).toHaveLength(2)
  })

  test('a folder that another function replaced is read anew', async () => {
    const [here, there] = [await open(), await open({ scratch: join(at.folder, 'other') })]
    for (const content of ['one', 'two']) {
      await there.lake.put('staged/curated/t/a.csv', [`${content}\n`])
      await there.lake.replace('staged/curated/t', 'curated/t')
      expect(await read(here, 'curated/t/a.csv')).toEqual([content])
    }
  })

  test('within a session a folder stays what it was when the session first read it', async () => {
    const lake = await open()
    await put('raw/a.csv', 'one\n')
    await lake.engine.session(async session => {
      await session.rows(linesOf('raw/a.csv'))
      await put('raw/a.csv', 'two\n')
      expect(await session.rows(linesOf('raw/a.csv'))).toEqual([{ n: 'one' }])
    })
  })

  test('what a session writes it reads without copying it in again', async () => {
    const lake = await open()
    await lake.engine.session(async session => {
      for (const n of ['one', 'two']) {
        await session.write(query`SELECT '${n}' AS n`, 'staged/a.csv', 'csv')
        expect(await session.rows(linesOf('staged/a.csv'))).toEqual([{ n }])
      }
    })
    expect(copied).toEqual([])
    expect(String(await at.objects.get('staged/a.csv'))).toBe('two\n')
  })

  test('an object that is not there is named as missing, which trying again may mend', async () => {
    await expect(read(await open(), 'raw/nothing.csv')).rejects.toMatchObject({ name: 'storage_failed' })
  })

  test('an object that vanishes between being listed and being copied is one to try again', async () => {
    await put('raw/a.csv', 'one\n')
    const objects = watched(at.objects, {})
    const lake = await open({
      objects: {
        ...objects,
        async download(key, file) {
          await at.objects.remove([key])
          return objects.download(key, file)
        },
      },
    })
    await expect(read(lake, 'raw/a.csv')).rejects.toMatchObject({ name: 'storage_failed', retryable: true })
  })

  test('work that does not fit the disk is refused before anything is copied, with what can be done', async () => {
    const lake = await open({ diskBytes: 2000 })
    await put('raw/a.csv', 'x'.repeat(600))
    await put('raw/b.csv', 'x'.repeat(600))
    const refused = read(lake, 'raw/a.csv', 'raw/b.csv')
    await expect(refused).rejects.toMatchObject({ name: 'too_large', retryable: false })
    await expect(refused).rejects.toThrow(/memory or ephemeral storage/)
    expect(copied).toEqual([])
    expect(await read(lake, 'raw/a.csv')).toHaveLength(1)
  })

  test('a statement that outgrows memory and its share of the disk ends, with what can be done', async () => {
    const lake = await open({ memoryBytes: 600 << 20, diskBytes: 100e6 })
    const texts = ['7', '13', '17', '23'].map(prime => `md5((range * ${prime})::VARCHAR)`).join(' || ')
    const sql = query`CREATE TEMP TABLE t AS SELECT ${texts} AS t FROM range(4000000) ORDER BY t`
    const outgrown = lake.engine.session(session => session.execute(sql))
    await expect(outgrown).rejects.toMatchObject({ name: 'too_large' })
    await expect(outgrown).rejects.toThrow(/memory or ephemeral storage/)
  })

  test('copies used longest ago make room, those that a running statement reads do not', async () => {
    const lake = await open({ diskBytes: 2600 })
    for (const name of ['a', 'b', 'c']) await put(`raw/${name}.csv`, `${name.repeat(599)}\n`)
    await read(lake, 'raw/a.csv')
    await read(lake, 'raw/b.csv')
    await read(lake, 'raw/c.csv')
    await read(lake, 'raw/c.csv')
    await read(lake, 'raw/b.csv')
    expect(copied).toEqual(['raw/a.csv', 'raw/b.csv', 'raw/c.csv'])
    await lake.engine.session(async session => {
      for await (const rows of session.stream(linesOf('raw/a.csv', 'raw/b.csv'))) {
        expect(rows).toHaveLength(2)
        await expect(read(lake, 'raw/c.csv')).rejects.toMatchObject({ name: 'overloaded', retryable: true })
      }
    })
    expect(await read(lake, 'raw/c.csv')).toHaveLength(1)
  })

  test('sessions side by side each read what they name, though not all of it fits at once', async () => {
    const lake = await open({ diskBytes: 20_000 })
    const names = Array.from({ length: 12 }, (_, i) => `raw/${i}.csv`)
    for (const [i, name] of names.entries()) await put(name, `${String(i).padStart(1500, 'x')}\n`)
    const reads = await Promise.all(names.flatMap(name => [read(lake, name), read(lake, name)]).slice(0, 6))
    expect(reads.map(rows => String(rows[0]).replaceAll('x', ''))).toEqual(['0', '0', '1', '1', '2', '2'])
    for (const [i, name] of names.entries())
      expect(String(await read(lake, name)).replaceAll('x', '')).toBe(String(i))
  })

  test('a statement is not started with too little time left, and nothing is copied for it', async () => {
    const lake = await open({ remainingMs: () => 12_000 })
    await put('raw/a.csv', 'one\n')
    const refused = read(lake, 'raw/a.csv')
    await expect(refused).rejects.toMatchObject({ name: 'timeout', retryable: true })
    await expect(refused).rejects.toThrow(/12 s left/)
    expect(copied).toEqual([])
  })

  test('copying is given up when too little time would be left for the statement', async () => {
    let left = 60_000
    const lake = await open({ remainingMs: () => left })
    const names = Array.from({ length: 40 }, (_, i) => `raw/${i}.csv`)
    for (const name of names) await put(name, 'one\n')
    const reading = read(lake, ...names)
    while (copied.length < 8) await new Promise(resolve => setTimeout(resolve, 1))
    left = 1_000
    await expect(reading).rejects.toMatchObject({ name: 'timeout' })
    expect(copied.length).toBeLessThan(names.length)
  })

  test('a statement is interrupted before the function is ended', async () => {
    const end = performance.now() + 16_000
    const lake = await open({ remainingMs: () => end - performance.now() })
    await expect(lake.engine.session(session => session.rows(ENDLESS))).rejects.toMatchObject({
      name: 'timeout',
    })
    expect(end - performance.now()).toBeGreaterThan(5_000)
  })

  test('files of a function that was ended are no copies, and are removed', async () => {
    const stale = join(at.folder, 'scratch/objects/raw/a.csv')
    await mkdir(dirname(stale), { recursive: true })
    await writeFile(stale, 'stale\n')
    const lake = await open()
    await expect(read(lake, 'raw/a.csv')).rejects.toMatchObject({ name: 'storage_failed' })
    await put('raw/a.csv', 'one\n')
    expect(await read(lake, 'raw/a.csv')).toEqual(['one'])
  })

  test('at rest the disk holds no more than what is kept warm', async () => {
    const lake = await open({ warmBytes: 700 })
    for (const name of ['a', 'b', 'c']) await put(`raw/${name}.csv`, `${name.repeat(299)}\n`)
    await read(lake, 'raw/a.csv', 'raw/b.csv', 'raw/c.csv')
    await lake.rest()
    expect(await readdir(join(at.folder, 'scratch/objects/raw'))).toHaveLength(2)
    expect(await readdir(join(at.folder, 'scratch/aside'))).toEqual([])
  })

  test('an object has a URI for engines that read S3 themselves', () => {
    expect(s3Uri(at.bucket, 'exports/a.csv')).toBe(`s3://${at.bucket}/exports/a.csv`)
  })

  test('raw lines are read from plain files and from gzip members one after the other', async () => {
    const lake = await open()
    const line = (n: number) =>
      `{"tbreceipt":"r${n}","tbepoch":0,"tbtime":${n},"tbpartition":0,"id":"i${n}","source":"s","data":{"v":"v${n}"}}\n`
    await at.objects.put('raw/t/a.jsonl.gz', Buffer.concat([gzipSync(line(1) + line(2)), gzipSync(line(3))]))
    await put('raw/t/b.ndjson', line(4))
    const field = { path: ['v'], name: 'v', column: 'v', kind: 'string' } as const
    const leaf = {
      field: { ...field, description: '', nullable: false, optional: false, scale: undefined },
      alias: 'f0',
    }
    const lines = { kind: 'raw', type: 't', epoch: 0, parts: ['raw/t/a.jsonl.gz', 'raw/t/b.ndjson'] } as const
    const raw = lake.engine.dialect.raw(lines, { leaves: [leaf], presence: [] })
    const rows = await lake.engine.session(s =>
      s.rows(query`SELECT receipt || f0 AS n FROM ${raw} AS r ORDER BY 1`),
    )
    expect(rows.map(row => row['n'])).toEqual(['r1v1', 'r2v2', 'r3v3', 'r4v4'])
  })

  test('a function with too little memory is told so when the lake is opened', async () => {
    await expect(open({ memoryBytes: 256 << 20 })).rejects.toMatchObject({ name: 'invalid_setting' })
  })
})

test('the engine is loaded by the first session, not with the module', () => {
  const script = `
    await import('./drivers/compose/aws/function-lake.ts')
    const { createRequire } = await import('node:module')
    process.stdout.write(String(Object.keys(createRequire(import.meta.url).cache).filter(name => name.includes('@duckdb')).length))`
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  expect(stdout).toBe('0')
})
