import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CUT_TEXT, MARKED_TEXT, markedText, warehouseLine } from '../../../core/lake/csv.ts'
import type { WarehouseTable } from '../../../core/lake/warehouse-table.ts'
import { exportRows } from '../../../core/sql/export.ts'
import { query } from '../../../core/sql/query.ts'
import { type FolderLake, openFolderLake } from '../../../drivers/compose/folder-lake.ts'
import { rowsIn } from '../../contracts/lake-engine.ts'

const table: WarehouseTable = {
  name: 't',
  description: '',
  columns: [
    { name: 'n', type: 'bigint', description: '' },
    { name: 'note', type: 'text', description: '' },
    { name: 'extra', type: 'json', description: '' },
    { name: 'at', type: 'timestamp', description: '' },
  ],
  key: ['n'],
}
const edge = (unit: string, length: number) => unit.repeat(length)
const texts: readonly (string | null)[] = [
  ...['', null, '\\N', ':', '"', 'a,b', '\n', '\r\n', '\0', 'a\0b', '\ufeffx', 'é😀', "it's", ' ', '{"a":1}'],
  ...['a', 'é', '😀'].flatMap(unit => [MARKED_TEXT, MARKED_TEXT + 1].map(length => edge(unit, length))),
  `${edge('😀', CUT_TEXT)}\0${edge('a', 400)}`,
]

let folder: string
let opened: FolderLake
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'export-'))
  opened = await openFolderLake({ folder })
})
afterAll(async () => {
  opened.close()
  await rm(folder, { recursive: true, force: true })
})

test.each(['quoted', 'marked'] as const)('the lake and the steps write %s texts alike', async style => {
  const { lake, engine } = opened
  const { dialect } = engine
  const present = new Set(table.columns.map(({ name }) => name))
  const literal = (text: string | null) => (text === null ? 'NULL' : dialect.text(text))
  const rows = texts.map(
    (text, i) => `(${i}, ${literal(text)}, ${literal(text)}, TIMESTAMP '2026-01-01 10:00:00.123456')`,
  )
  const values = query`SELECT * FROM (VALUES ${rows.join(', ')}) AS v(n, note, extra, "at")`
  const exported = exportRows(dialect, table, rowsIn('rows.parquet'), style, present)
  const read = (path: string) =>
    query`SELECT * FROM read_csv(${dialect.text(join(folder, path))}, header = false, all_varchar = true, allow_quoted_nulls = false, max_line_size = 10000000, new_line = '\\n', columns = {n: 'BIGINT', note: 'VARCHAR', extra: 'VARCHAR', "at": 'VARCHAR'}) ORDER BY n`
  const found = await engine.session(async session => {
    await session.write(values, 'rows.parquet', 'parquet')
    await session.write(exported, 'rows.csv', 'csv')
    const lines = texts.map((text, i) =>
      warehouseLine(table, style, [i, text, text, '2026-01-01 10:00:00.123456']),
    )
    await lake.put('lines.csv', lines)
    return [await session.rows(read('rows.csv')), await session.rows(read('lines.csv'))]
  })
  expect(found[0]).toHaveLength(texts.length)
  expect(found[0]).toEqual(found[1])
})

test('a marked text is never empty, fits 65,535 bytes, and holds no NUL', async () => {
  for (const text of texts) {
    if (text === null) continue
    for (const type of ['text', 'json'] as const) {
      const marked = markedText(text, { type })
      expect(marked.length).toBeGreaterThan(0)
      expect(Buffer.byteLength(marked)).toBeLessThanOrEqual(65_535)
      expect(marked).not.toContain('\0')
    }
  }
  const csv = await readFile(join(folder, 'rows.csv'))
  expect(csv.includes(0)).toBe(false)
})
