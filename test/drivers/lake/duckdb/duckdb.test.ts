import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { MAX_EVENT_SIZE } from '../../../../core/event/event.ts'
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
      leaves: [{ field: { ...field, nullable: false, optional: false, scale: undefined }, alias: 'f0' }],
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
