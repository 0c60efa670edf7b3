import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MAX_EVENT_SIZE } from '../../../../core/event/event.ts'
import { duckdbDialect } from '../../../../core/sql/duckdb.ts'
import { openDuckdbLake } from '../../../../drivers/lake/duckdb/duckdb.ts'
import { lakeContract } from '../../../contracts/lake.ts'

lakeContract('DuckDB', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lake-'))
  const lake = await openDuckdbLake({ folder, statementTimeoutMs: 1000 })
  return {
    lake,
    dialect: duckdbDialect,
    text: path => readFile(lake.address(path), 'utf8'),
    endless: 'SELECT count(*) FROM range(100000000) AS a(x), range(100000000) AS b(y) WHERE x * y = 7',
    async dispose() {
      lake.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
})

describe('a lake that a crash left', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lake-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  test('has the old folder in its place where the new one was not put in', async () => {
    const lake = await openDuckdbLake({ folder })
    await lake.put('curated/type=a/epoch=1/x.csv', ['old'])
    await lake.put('staged/curated/type=a/epoch=1/x.csv', ['new'])
    await rename(join(folder, 'curated/type=a/epoch=1'), join(folder, '.replaced/curated~type=a~epoch=1'))
    const again = await openDuckdbLake({ folder })
    expect(await again.list('curated')).toHaveLength(1)
    await again.replace('staged/curated/type=a/epoch=1', 'curated/type=a/epoch=1')
    expect(await again.list('curated')).toHaveLength(1)
  })

  test('has the new folder where it was put in, and no trace of the old one', async () => {
    const lake = await openDuckdbLake({ folder })
    await lake.put('t/x.csv', ['new'])
    await mkdir(join(folder, '.replaced/t'))
    await writeFile(join(folder, '.replaced/t/y.csv'), 'old')
    const again = await openDuckdbLake({ folder })
    expect((await again.list('t')).map(object => object.path)).toEqual(['t/x.csv'])
    expect(await again.list('.replaced')).toEqual([])
  })

  test('forgets files that were being written', async () => {
    const lake = await openDuckdbLake({ folder })
    await writeFile(join(folder, '.aside/0.parquet'), 'half')
    await openDuckdbLake({ folder })
    expect(await lake.list('.aside')).toEqual([])
  })
})

test('the engine loads no extension from the network', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lake-'))
  const lake = await openDuckdbLake({ folder })
  try {
    const rows = await lake.session(s =>
      s.rows(`SELECT name, value FROM duckdb_settings() WHERE name LIKE 'auto%extensions' ORDER BY name`),
    )
    expect(rows.map(row => row['value'])).toEqual(['false', 'false'])
  } finally {
    lake.close()
    await rm(folder, { recursive: true, force: true })
  }
})

test('the largest event ingest accepts is read', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lake-'))
  const lake = await openDuckdbLake({ folder })
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
    const shape = {
      leaves: [{ field: { ...field, nullable: false, optional: false, scale: undefined }, alias: 'f0' }],
      presence: [],
    }
    const raw = duckdbDialect.raw([lake.address('raw.ndjson')], shape)
    expect(await lake.session(s => s.rows(`SELECT length(f0) AS n FROM ${raw} AS r`))).toEqual([
      { n: BigInt(text.length) },
    ])
  } finally {
    lake.close()
    await rm(folder, { recursive: true, force: true })
  }
})
