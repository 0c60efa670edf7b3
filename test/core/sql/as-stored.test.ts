import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { query } from '../../../core/sql/query.ts'
import { typedRows } from '../../../core/sql/refine.ts'
import { storedRows } from '../../../core/sql/whole-epoch/as-stored.ts'
import { type FolderLake, openFolderLake } from '../../../drivers/compose/folder-lake.ts'
import { CASES } from '../../contracts/dialect-cases.ts'
import { receiptOf } from '../../contracts/folded-partials.ts'
import { rowsIn } from '../../contracts/lake-engine.ts'
import { hostile } from './hostile-events.ts'

/** Rows that another engine made, as they are stored: what DuckDB makes of the same lines itself. */

let folder: string
let opened: FolderLake
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'as-stored-'))
  opened = await openFolderLake({ folder })
})
afterEach(async () => {
  opened.close()
  await rm(folder, { recursive: true, force: true })
})

const contract = CASES.latest.get(hostile.type)!
const free = contract.fields.filter(({ kind }) => kind === 'json')
const RAW = { kind: 'raw', type: contract.type, epoch: 0, parts: ['raw.ndjson'] } as const
const FORMS = { instants: 'microseconds' } as const

const VALUES = [
  ...['[]', 'null', '"a\\u001f\\n\\"\\\\/"', '12345678901234567', '1e21', '1e-7', '0.1', 'true'],
  ...['{"b":[1,{"c":null}],"a":"😀"}', '[1.5e300,"\\u0000","\\u2028"]'],
]

test('a free field is what DuckDB has of it, of a line', async () => {
  const { dialect, session } = opened.engine
  const lines = VALUES.map(
    (value, i) =>
      `{"tbreceipt":"${receiptOf(i)}","tbtime":${i},"tbpartition":0,"id":"${i}","source":"/t","data":{"j":${value}}}`,
  )
  await writeFile(join(folder, 'raw.ndjson'), `${lines.join('\n')}\n`)
  await writeFile(join(folder, 'lines.json'), JSON.stringify(lines.map((j, i) => ({ event_id: `${i}`, j }))))
  await session(async each => {
    const read = query`SELECT * FROM read_json('${join(folder, 'lines.json')}', columns = {event_id: 'VARCHAR', j: 'VARCHAR'})`
    await each.write(read, 'made.parquet', 'open-parquet')
    const stored = storedRows(dialect, contract, FORMS, rowsIn('made.parquet'), ['event_id', 'j'])
    const own = typedRows(dialect, { ...contract, fields: free }, { presence: [], texts: [] }, RAW)
    const made = await each.rows(query`SELECT event_id, j FROM (${stored}) AS s ORDER BY event_id`)
    expect(made).toEqual(await each.rows(query`SELECT event_id, j FROM (${own}) AS o ORDER BY event_id`))
    expect(made[1]?.['j']).toBeNull()
  })
})

test('a hash loses its sign, and integers become instants, where an engine has those', async () => {
  const { dialect, session } = opened.engine
  await session(async each => {
    const rows = query`SELECT -1::BIGINT AS event_hash, -1500::BIGINT AS event_time, 123456::BIGINT AS t`
    await each.write(rows, 'made.parquet', 'open-parquet')
    const columns = ['event_hash', 'event_time', 't']
    const stored = storedRows(dialect, contract, FORMS, rowsIn('made.parquet'), columns)
    const [row] = await each.rows(
      query`SELECT event_hash, epoch_us(event_time) AS a, epoch_us(t) AS b, typeof(t) AS type FROM (${stored}) AS s`,
    )
    const type = 'TIMESTAMP WITH TIME ZONE'
    expect(row).toEqual({ event_hash: 2n ** 64n - 1n, a: -1500n, b: 123456n, type })
  })
})
