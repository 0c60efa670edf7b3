import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { MAX_EVENT_SIZE } from '../../../../core/event/event.ts'
import { folderOf } from '../../../../core/lake/relation.ts'
import type { RawShape } from '../../../../core/sql/dialect.ts'
import { query } from '../../../../core/sql/query.ts'
import { openFolderLake } from '../../../../drivers/compose/folder-lake.ts'
import { lakeEngineContract } from '../../../contracts/lake-engine.ts'

lakeEngineContract('DuckDB over a folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), "lake-it's-😀-"))
  const { lake, engine, close } = await openFolderLake({ folder, statementTimeoutMs: 1000 })
  return {
    lake,
    engine,
    text: path => readFile(join(folder, path), 'utf8'),
    endless: query`SELECT count(*) FROM range(100000000) AS a(x), range(100000000) AS b(y) WHERE x * y = 7`,
    async dispose() {
      close()
      await rm(folder, { recursive: true, force: true })
    },
  }
})

test('the engine loads no extension from the network', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lake-'))
  const { engine, close } = await openFolderLake({ folder })
  try {
    const rows = await engine.session(s =>
      s.rows(
        query`SELECT name, value FROM duckdb_settings() WHERE name LIKE 'auto%extensions' ORDER BY name`,
      ),
    )
    expect(rows.map(row => row['value'])).toEqual(['false', 'false'])
  } finally {
    close()
    await rm(folder, { recursive: true, force: true })
  }
})

test('the largest event ingest accepts is read', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lake-'))
  const { lake, engine, close } = await openFolderLake({ folder })
  try {
    const text = '€'.repeat(MAX_EVENT_SIZE - 100)
    const line = JSON.stringify({
      tbreceipt: 'r',
      tbtime: 0,
      tbpartition: 0,
      id: 'i',
      source: 's',
      data: { text },
    })
    await lake.put('raw.ndjson', [`${line}\n`])
    const field = { path: ['text'], name: 'text', column: 'text', kind: 'string' } as const
    const shape: RawShape = {
      leaves: [
        {
          field: { ...field, description: '', nullable: false, optional: false, scale: undefined },
          alias: 'f0',
        },
      ],
      presence: [],
    }
    const raw = engine.dialect.raw({ kind: 'raw', type: 't', epoch: 0, parts: ['raw.ndjson'] }, shape)
    expect(await engine.session(s => s.rows(query`SELECT length(f0) AS n FROM ${raw} AS r`))).toEqual([
      { n: BigInt(text.length) },
    ])
  } finally {
    close()
    await rm(folder, { recursive: true, force: true })
  }
})

/** Opens a lake in a folder of a volume that is named as lakes name theirs. */
async function withLake(work: (lake: Awaited<ReturnType<typeof openFolderLake>>) => Promise<void>) {
  const volume = await mkdtemp(join(tmpdir(), 'lake-'))
  const lake = await openFolderLake({ folder: join(volume, 'region=eu', 'lake') })
  try {
    await work(lake)
  } finally {
    lake.close()
    await rm(volume, { recursive: true, force: true })
  }
}

const PLACE = { kind: 'curated', type: 'com.example.click', epoch: 0 } as const
const part = (name: string) => `${folderOf(PLACE)}/${name}.parquet`

test('columns are what files hold, whatever folders they lie in and whatever DuckDB calls its own', async () => {
  const names = ['type', 'region', 'filename', 'file_row_number', 'file_index', 'rowid', 'epoch']
  await withLake(({ engine }) =>
    engine.session(async session => {
      const { identifier, scan, scanPlaced } = engine.dialect
      const sent = names.map(name => `'sent ${name}' AS ${identifier(name)}`).join(', ')
      await session.write(query`SELECT ${sent}`, part('a'), 'parquet')
      const expected = Object.fromEntries(names.map(name => [name, `sent ${name}`]))
      const parts = { ...PLACE, parts: [part('a')] }
      const columns = names.map(identifier).join(', ')
      expect(await session.rows(query`SELECT ${columns} FROM ${scan([parts])} AS c`)).toEqual([expected])
      expect(await session.rows(query`SELECT * FROM ${scanPlaced(parts)} AS c`)).toEqual([
        { ...expected, __part: part('a') },
      ])
    }),
  )
})

test('instants are stored with their zone, and those that were stored without are read as UTC', async () => {
  await withLake(({ engine }) =>
    engine.session(async session => {
      const { instant, instantOfMs, msOfInstant, scan } = engine.dialect
      await session.write(query`SELECT TIMESTAMP '2026-01-31 12:00:00.5' AS at`, part('old'), 'parquet')
      const written = `${instant(`'2026-01-31T14:00:00.5+02:00'`)} AS at, ${instantOfMs('1769860800500')} AS ms`
      await session.write(query`SELECT ${written}`, part('new'), 'parquet')
      const both = scan([{ ...PLACE, parts: [part('old'), part('new')] }])
      const [type] = await session.rows(query`SELECT typeof("at") AS t FROM ${both} AS c LIMIT 1`)
      expect(type).toEqual({ t: 'TIMESTAMP WITH TIME ZONE' })
      const rows = await session.rows(
        query`SELECT ${msOfInstant('"at"')} AS ms, ${msOfInstant('ms')} AS own FROM ${both} AS c ORDER BY own NULLS FIRST`,
      )
      expect(rows.map(({ ms, own }) => [Number(ms), Number(own ?? 0)])).toEqual([
        [1769860800500, 0],
        [1769860800500, 1769860800500],
      ])
    }),
  )
})
