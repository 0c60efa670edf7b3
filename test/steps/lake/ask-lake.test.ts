import { expect, test } from 'vitest'
import { tallyId } from '../../../core/cells/tally.ts'
import { TributaryError } from '../../../core/errors.ts'
import type { LakeFolder } from '../../../core/ports/lake-folder.ts'
import type { RunStatement, Statement, StatementResult } from '../../../core/statements/statement.ts'
import { createAskLake } from '../../../steps/lake/ask-lake.ts'
import { pipeline } from '../../local/test-platform.ts'

const NOTHING: StatementResult = { columns: [], rows: 0, isWhole: true, json: '[]', file: undefined }
const TYPE = 'com.tributary.flight'
const hour = (n: number) => Date.UTC(2026, 0, 1, n)
const name = (n: number) => `2026010 1T0${n}0000Z`.replace(' ', '')

/** Three epochs are refined and received, of which two are published. */
const lake = {
  folders: async (folder: string) => {
    if (folder === `curated/type=${TYPE}`) return [0, 1, 2].map(n => `tbepoch=${name(n)}`)
    return folder === `raw/type=${TYPE}` ? [0, 1, 2, 3].map(n => `epoch=${name(n)}`) : []
  },
  list: async (folder: string) =>
    folder.startsWith('journal') ? [] : [{ path: `${folder}/part-0.parquet`, bytes: 1 }],
} as unknown as LakeFolder

const access = { name: 'ops', isAdmin: true } as const

const batchViews = {
  boundary: async (id: string) =>
    id === tallyId(TYPE) ? { epoch: hour(1), generation: 7, run: 'run-1', movedAt: hour(3) } : undefined,
}

const asking = (runStatement: RunStatement) =>
  createAskLake({ pipeline, lake, batchViews, epochLength: 3_600_000, root: '/lake', runStatement })

const opened = async (...names: readonly [schema: string, name: string][]) => {
  let found: Awaited<ReturnType<Statement['open']>> = []
  const { ask } = asking(async ({ open }) => {
    found = await open(names.map(([schema, one]) => ({ schema, name: one })))
    return NOTHING
  })
  await ask({ id: 'one', sql: 'SELECT 1', format: 'json', access })
  return found
}

test('curated rows are those of published epochs, raw lines all there are', async () => {
  const [curated, raw] = await opened(['curated', 'flight'], ['RAW', 'Flight'], ['', 'few'])
  expect(curated!.files).toEqual(
    [0, 1].map(n => `/lake/curated/type=${TYPE}/tbepoch=${name(n)}/part-0.parquet`),
  )
  expect(raw!.files).toHaveLength(4)
  expect([curated!.schema, raw!.schema]).toEqual(['curated', 'raw'])
})

test('a table without anything published has its columns and no rows', async () => {
  const [trip, metric] = await opened(['curated', 'trip'], ['metric', 'trips_hourly'])
  expect([trip!.files, metric!.files]).toEqual([[], []])
  expect(trip!.sql).toMatch(/NULL::VARCHAR AS "event_id".* WHERE FALSE/)
  // Sketches are no numbers of SQL: the API and the warehouse present them.
  expect(metric!.sql).toMatch(/"mean_duration"/)
  expect(metric!.sql).not.toMatch(/riders|p95/)
})

test('a table that is none of the lake is refused by name', async () => {
  await expect(opened(['curated', 'nothing'])).rejects.toThrow(
    /no table curated.nothing; GET \/v1\/lake\/tables/,
  )
})

test('a file that a run has replaced is looked for once more', async () => {
  let asked = 0
  const { ask } = asking(async () => {
    if (asked++ === 0) throw new TributaryError('storage_failed', 'there is no such file')
    return NOTHING
  })
  await expect(ask({ id: 'one', sql: 'SELECT 1', format: 'json', access })).resolves.toBe(NOTHING)
  expect(asked).toBe(2)
})

test('one is run, one waits, the next is refused; each can be cancelled by its id', async () => {
  const { ask, cancel } = asking(({ signal }) => {
    const { promise, reject } = Promise.withResolvers<StatementResult>()
    const end = () => reject(new TributaryError('conflict', 'cancelled'))
    if (signal.aborted) end()
    signal.addEventListener('abort', end)
    return promise
  })
  const statement = (id: string) => ask({ id, sql: 'SELECT 1', format: 'json', access })
  const ends = [statement('one'), statement('two')].map(one => one.catch(({ code }: TributaryError) => code))
  await expect(statement('one')).rejects.toMatchObject({ code: 'conflict' })
  await expect(statement('three')).rejects.toMatchObject({ code: 'too_many', retryAfter: 2 })
  expect([await cancel('two'), await cancel('one'), await cancel('three')]).toEqual([true, true, false])
  expect(await Promise.all(ends)).toEqual(['conflict', 'conflict'])
  expect(await cancel('one')).toBe(false)
})
