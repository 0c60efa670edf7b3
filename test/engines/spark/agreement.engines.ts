import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { query } from '../../../core/sql/query.ts'
import { aside } from '../../../steps/batch/heavy/refine-whole.ts'
import { CASES } from '../../contracts/dialect-cases.ts'
import { rowsIn } from '../../contracts/lake-engine.ts'
import { hostile, hostileNumber, seeded } from '../../core/sql/hostile-events.ts'
import { orReason } from '../downloads.ts'
import { type HostileEpoch, hostileEpoch } from '../hostile-epoch.ts'
import { sparkHere } from './spark-here.ts'

const spark = await orReason('Spark', sparkHere)
/** How a number was stored of which nothing was declared. */
const NO_SCALE = { kind: 'number', scale: undefined } as const
const DOUBLES = 5000

describe.skipIf('reason' in spark)('an epoch on Spark', () => {
  let epoch: HostileEpoch

  beforeAll(async () => {
    if (!('reason' in spark)) epoch = await hostileEpoch('spark lake-', undefined, { spark })
  })
  afterAll(() => epoch?.dispose())

  test('has the rows that DuckDB makes of it, in columns of the same types', () =>
    epoch.expectSameRows(epoch.heavy[0]!))

  test('has the partials that DuckDB makes of it, cell text by cell text', () =>
    epoch.expectSamePartials(epoch.heavy[0]!))

  test('reads doubles that were stored before their field had a scale as DuckDB reads them', async () => {
    const { engine } = epoch
    const [heavy] = epoch.heavy
    const random = seeded(20261128)
    const values = Array.from({ length: DOUBLES }, (_, i) => `(${i}, ${hostileNumber(random, 0)}::DOUBLE)`)
    const field = CASES.latest.get(hostile.type)!.fields.find(({ name }) => name === 'nn')!
    const path = 'curated/doubles.parquet'
    const stored = { ...rowsIn(path), recast: [{ field, from: NO_SCALE }] } as const
    const rows = query`SELECT * FROM (VALUES ${values.join(', ')}) AS v(i, nn)`
    await engine.session(session => session.write(rows, path, 'open-parquet'))
    await heavy!.run([query`SELECT i, nn FROM ${heavy!.dialect.scan([stored])} AS s`], ([made = []]) =>
      engine.session(async session => {
        const [bySpark, byDuckdb] = [aside(made), stored].map(
          each => query`SELECT i, nn FROM ${engine.dialect.scan([each])} AS s`,
        )
        const differing = query`SELECT count(*) AS n, min(i) AS first FROM (${bySpark!} EXCEPT ALL ${byDuckdb!})`
        expect(await session.rows(differing)).toEqual([{ n: 0n, first: null }])
      }),
    )
  })
})
