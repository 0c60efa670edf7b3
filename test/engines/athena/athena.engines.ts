import { readdir } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { query } from '../../../core/sql/query.ts'
import { resultsOf, runQuery } from '../../../drivers/lake/athena/queries.ts'
import { createWorld, order as declared } from '../../steps/batch/batch-kit.ts'
import { orReason } from '../downloads.ts'
import { hostileEpoch } from '../hostile-epoch.ts'
import { expectPublishedBy, LIMIT, pipeline, sendTwoEpochs } from '../large-epoch.ts'
import { type AthenaHere, athenaOver, startAthena, trinoFiles } from './athena-lake.ts'

/** Athena's driver before a Trino, which is its engine: SQL, pages and ends of queries are real. */

const files = await orReason('Trino', trinoFiles)
/** Athena takes no column with other characters; a key with such is refused. */
const isPlain = (column: string) => /^[a-z0-9_]+$/.test(column)
const never = new AbortController().signal
const order = pipeline.latest.get(declared.type)!
/** Runs for hours. */
const ENDLESS =
  'SELECT count(*) FROM UNNEST(sequence(1, 10000)) AS a(x), UNNEST(sequence(1, 10000)) AS b(y), UNNEST(sequence(1, 10000)) AS c(z) WHERE x * y * z % 7 = 8'

describe.skipIf('reason' in files)('Athena', () => {
  let here: AthenaHere
  const workgroup = () => ({ client: here.client, workgroup: 'primary', database: 'lake' })

  beforeAll(async () => {
    if (!('reason' in files)) here = await startAthena(files)
  })
  afterAll(() => here?.stop())

  test('makes of an epoch the rows and the partials that DuckDB makes, in columns of the same types', async () => {
    const epoch = await hostileEpoch('athena-lake-', isPlain)
    try {
      await epoch.expectSameRows(athenaOver(epoch.folder, epoch, here))
      await epoch.expectSamePartials(athenaOver(epoch.folder, epoch, here))
    } finally {
      await epoch.dispose()
    }
  })

  test('computes an epoch above the limit by itself, and what is published is what DuckDB publishes', async () => {
    const world = await createWorld(pipeline, {}, { largestEpoch: LIMIT })
    try {
      world.heavy = [athenaOver(world.file(''), world, here)]
      await sendTwoEpochs(world)
      await expectPublishedBy('athena', world)
      expect(await readdir(world.file('.aside'))).toEqual([])
      expect(await here.rows('SHOW TABLES FROM hive.lake')).toEqual([])
    } finally {
      await world.dispose()
    }
  })

  test('gives all rows of a result that has more than a page', async () => {
    const before = here.calls.length
    const id = await runQuery(
      { ...workgroup() },
      `SELECT x, CASE WHEN x % 2 = 0 THEN 'even' END AS kind FROM UNNEST(sequence(1, 2500)) AS s(x) ORDER BY x`,
      never,
    )
    const rows = await resultsOf(workgroup(), id)
    expect(rows).toEqual(Array.from({ length: 2500 }, (_, i) => [String(i + 1), i % 2 === 1 ? 'even' : null]))
    expect(here.calls.slice(before).filter(name => name === 'GetQueryResults')).toHaveLength(3)
  })

  test('tells a query that fails by its id, and the reason without a value', async () => {
    const failure = await runQuery(workgroup(), `SELECT CAST('Ada' AS BIGINT)`, never).catch(String)
    expect(failure).toMatch(/corrupt_data: Athena query [0-9a-f-]{36} failed: INVALID_CAST_ARGUMENT$/)
    const unknown = await runQuery(workgroup(), 'SELECT a FROM none', never).catch(String)
    expect(unknown).toMatch(/internal: Athena query [0-9a-f-]{36} failed: TABLE_NOT_FOUND$/)
  })

  test('stops a query that is ended, or takes too long, and tells it by its id', async () => {
    const ending = new AbortController()
    const ended = runQuery(workgroup(), ENDLESS, ending.signal).catch(String)
    setTimeout(() => ending.abort(), 1500)
    expect(await ended).toMatch(/unavailable: Athena query [0-9a-f-]{36} was cancelled$/)
    const late = await runQuery({ ...workgroup(), timeoutMs: 1500 }, ENDLESS, never).catch(String)
    expect(late).toMatch(/timeout: Athena query [0-9a-f-]{36} took over 1500 ms and was stopped$/)
    const running = `SELECT count(*) AS n FROM system.runtime.queries WHERE state = 'RUNNING' AND query LIKE '%10000%' AND query NOT LIKE '%runtime%'`
    await expect.poll(() => here.rows(running), { timeout: 20_000 }).toEqual([{ n: 0 }])
  })

  test('fails on a line that is no JSON', async () => {
    const world = await createWorld(pipeline, {}, { largestEpoch: LIMIT })
    try {
      const athena = athenaOver(world.file(''), world, here)
      await world.lake.put('raw/broken/0.ndjson', ['{"tbreceipt":"1","data":{"a":1\n'])
      const broken = { kind: 'raw', type: 'broken', epoch: 0, parts: ['raw/broken/0.ndjson'] } as const
      const leaves = [{ field: order.fields[0]!, alias: 'f0' }]
      const rows = athena.dialect.raw(broken, { leaves, presence: [] })
      const counted = athena.run([query`SELECT max(receipt) AS r FROM ${rows} AS r`], async made => made)
      await expect(counted).rejects.toMatchObject({ code: 'corrupt_data' })
    } finally {
      await world.dispose()
    }
  })
})
