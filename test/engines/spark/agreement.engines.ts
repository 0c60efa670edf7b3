import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aggregate } from '../../../core/sql/aggregate.ts'
import { helpersOf } from '../../../core/sql/curated.ts'
import type { Dialect } from '../../../core/sql/dialect.ts'
import { query } from '../../../core/sql/query.ts'
import { typedRows } from '../../../core/sql/refine.ts'
import { type FolderLake, openFolderLake } from '../../../drivers/compose/folder-lake.ts'
import { aside, refineWhole } from '../../../steps/batch/heavy/refine-whole.ts'
import { columnsOfRows } from '../../../steps/batch/refine/refine-part.ts'
import { CASES } from '../../contracts/dialect-cases.ts'
import { receiptOf } from '../../contracts/folded-partials.ts'
import { rowsIn } from '../../contracts/lake-engine.ts'
import { hostile, hostileEvent, seeded } from '../../core/sql/hostile-events.ts'
import { orReason } from '../downloads.ts'
import { sparkHere } from './spark-here.ts'

/** Rows and partials of events of every kind, by Spark and by DuckDB. */

const EVENTS = 5000
const EPOCH = 3_600_000
const contract = CASES.latest.get(hostile.type)!
const helpers = helpersOf(CASES.metrics)
/** Each measure, by day and by every field: every case there is, dialects are tested with. */
const metrics = CASES.metrics.filter(({ name }) => /^(?:every|kept)_day$|^by_/.test(name))
const columns = columnsOfRows(contract, helpers)
const RAW = 'raw/type=com.example.hostile/epoch=19700101T010000Z/0.ndjson'
const lines = { kind: 'raw', type: contract.type, epoch: EPOCH, parts: [RAW] } as const

const spark = await orReason('Spark', sparkHere)

describe.skipIf('reason' in spark)('an epoch on Spark', () => {
  let folder: string
  let opened: FolderLake

  beforeAll(async () => {
    if ('reason' in spark) return
    folder = await mkdtemp(join(tmpdir(), 'spark lake-'))
    opened = await openFolderLake({ folder, spark })
    const random = seeded(20261127)
    const raw = Array.from({ length: EVENTS }, (_, i) => {
      const { time, data } = hostileEvent(random)
      return JSON.stringify({
        ...{ tbreceipt: receiptOf(i), tbepoch: EPOCH, tbtime: time, tbpartition: i % 7 },
        ...{ specversion: '1.0', id: String(i), source: '/test', type: hostile.type },
        ...{ time: new Date(time).toISOString(), data },
      })
    })
    await mkdir(join(folder, RAW, '..'), { recursive: true })
    await writeFile(join(folder, RAW), `${raw.join('\n')}\n`)
    await opened.engine.session(session => {
      const rows = typedRows(opened.engine.dialect, contract, helpers, lines)
      const named = columns.map(opened.engine.dialect.identifier).join(', ')
      return session.write(
        query`SELECT ${named} FROM (${rows}) AS r`,
        'curated/duckdb.parquet',
        'open-parquet',
      )
    })
  })

  afterAll(async () => {
    opened?.close()
    await rm(folder, { recursive: true, force: true })
  })

  test('has the rows that DuckDB makes of it, in columns of the same types', async () => {
    const task = { contract, helpers, isUnchecked: false, raw: [{ path: RAW, bytes: 1 }] }
    const target = { kind: 'staged-curated', type: contract.type, epoch: EPOCH } as const
    const refined = await refineWhole(
      opened,
      opened.heavy!,
      { ...task, target },
      { rows: [], slices: [] },
      async () => {},
    )
    expect(refined).toEqual({ raw: EVENTS, curated: EVENTS, duplicates: 0, redelivered: 0 })
    const parts = (await opened.lake.list('staged/curated')).map(({ path }) => path)
    const { dialect } = opened.engine
    const [bySpark, byDuckdb] = [rowsIn(...parts), rowsIn('curated/duckdb.parquet')]
    await opened.engine.session(async session => {
      expect(await session.rows(dialect.columns([bySpark]))).toEqual(
        await session.rows(dialect.columns([byDuckdb])),
      )
      for (const name of columns.map(dialect.identifier)) {
        const value = (rows: typeof bySpark) =>
          query`SELECT event_id, ${name} AS v FROM ${dialect.scan([rows])} AS r`
        const differing = query`SELECT count(*) AS n, min(event_id) AS first FROM (${value(bySpark)} EXCEPT ALL ${value(byDuckdb)})`
        expect(await session.rows(differing), name).toEqual([{ n: 0n, first: null }])
      }
    })
  })

  test('has the partials that DuckDB makes of it, cell text by cell text', async () => {
    const { heavy, engine } = opened
    const curated = rowsIn('curated/duckdb.parquet')
    const byMetric = (dialect: Dialect) =>
      metrics.map(metric => aggregate(dialect, metric, [curated], { sketches: 'counted' }))
    const byDuckdb = byMetric(engine.dialect)
    await heavy!.run(byMetric(heavy!.dialect), results =>
      engine.session(async session => {
        for (const [i, { name }] of metrics.entries()) {
          const [made, own] = [
            query`SELECT * FROM ${engine.dialect.scan([aside(results[i]!)])} AS p`,
            byDuckdb[i]!,
          ]
          const differing = query`SELECT count(*) AS n FROM ((${made} EXCEPT ALL (${own})) UNION ALL ((${own}) EXCEPT ALL ${made}))`
          expect(await session.rows(differing), name).toEqual([{ n: 0n }])
        }
      }),
    )
  })
})
