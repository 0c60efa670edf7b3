import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Metric } from '../../../core/declare/metric-plan.ts'
import { aggregate, GROUP_COLUMN, type SketchPlan, WINDOW_COLUMN } from '../../../core/sql/aggregate.ts'
import { helpersOf } from '../../../core/sql/curated.ts'
import { query } from '../../../core/sql/query.ts'
import { typedRows } from '../../../core/sql/refine.ts'
import { type FolderLake, openFolderLake } from '../../../drivers/compose/folder-lake.ts'
import { CASES } from '../../contracts/dialect-cases.ts'
import { foldedPartials, type Partials, receiptOf } from '../../contracts/folded-partials.ts'
import { rowsIn } from '../../contracts/lake-engine.ts'
import { hostile, hostileEvent, seeded } from './hostile-events.ts'

/** The JavaScript and the SQL side of every measure, filter and group agree cell for cell. */

const EVENTS = 100_000
const EPOCH = 3_600_000
const pipeline = CASES
const contract = pipeline.latest.get(hostile.type)!

let folder: string
let opened: FolderLake
let events: ReturnType<typeof hostileEvent>[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'agreement-'))
  opened = await openFolderLake({ folder })
  const random = seeded(20260131)
  events = Array.from({ length: EVENTS }, () => hostileEvent(random))
  const lines = events.map(({ time, data }, i) =>
    JSON.stringify({
      tbreceipt: receiptOf(i),
      tbepoch: EPOCH,
      tbtime: time,
      tbpartition: 0,
      specversion: '1.0',
      id: String(i),
      source: '/test',
      type: hostile.type,
      time: new Date(time).toISOString(),
      data,
    }),
  )
  // What the file holds is what both sides are given.
  events = lines.map((line, i) => ({ time: events[i]!.time, data: JSON.parse(line).data }))
  await writeFile(join(folder, 'raw.ndjson'), `${lines.join('\n')}\n`)
  const { engine } = opened
  await engine.session(async session => {
    const raw = { kind: 'raw', type: contract.type, epoch: EPOCH, parts: ['raw.ndjson'] } as const
    const rows = typedRows(engine.dialect, contract, helpersOf(pipeline.metrics), raw)
    await session.write(rows, 'curated.parquet', 'parquet')
  })
})

afterAll(async () => {
  opened?.close()
  await rm(folder, { recursive: true, force: true })
})

async function inSql(metric: Metric, sketches: SketchPlan): Promise<Partials> {
  const { engine } = opened
  const partials = aggregate(engine.dialect, metric, [rowsIn('curated.parquet')], {
    sketches,
    // Every value looked up in one plan, every value hashed in the other.
    dictionaries: metric.kinds.map(kind => kind === 'registers' && sketches === 'counted'),
  })
  const rows = await engine.session(session => session.rows(partials))
  return new Map(
    rows.map(row => [
      `${row[WINDOW_COLUMN]}|${row[GROUP_COLUMN]}`,
      metric.cells.map(cell => row[cell.name] as string | null),
    ]),
  )
}

test('events that nobody checked are read as checked ones are, where they have what is declared', async () => {
  const { engine } = opened
  const raw = { kind: 'raw', type: contract.type, epoch: EPOCH, parts: ['raw.ndjson'] } as const
  const read = (isUnchecked: boolean) =>
    typedRows(engine.dialect, contract, helpersOf(pipeline.metrics), raw, isUnchecked)
  const [found] = await engine.session(async session => {
    await session.execute(query`CREATE TEMP TABLE fresh AS ${read(true)}`)
    const differing = query`SELECT count(*) FROM (SELECT * EXCLUDE (unread) FROM fresh EXCEPT ALL ${read(false)})`
    return session.rows(
      query`SELECT count(*) AS n, count(unread) AS unread, (${differing}) AS differing FROM fresh`,
    )
  })
  expect(found).toEqual({ n: BigInt(EVENTS), unread: 0n, differing: 0n })
}, 60_000)

describe.each(pipeline.metrics.map(m => [m.name, m] as const))('%s', (_name, metric) => {
  const plans: readonly SketchPlan[] = metric.kinds.some(kind => kind === 'bins' || kind === 'registers')
    ? ['lists', 'counted']
    : ['lists']
  let expected: Partials | undefined
  test.each(plans)('cells of both layers are equal text (%s)', async sketches => {
    expected ??= foldedPartials(metric, events)
    const actual = await inSql(metric, sketches)
    expect(new Set(actual.keys())).toEqual(new Set(expected.keys()))
    for (const [key, cells] of expected) expect(actual.get(key), key).toEqual(cells)
  })
})
