import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Field } from '../../core/data/fields.ts'
import type { Metric } from '../../core/declare/metric-plan.ts'
import type { Contract } from '../../core/declare/pipeline.ts'
import type { HeavyEngine } from '../../core/ports/heavy-engine.ts'
import { aggregate, GROUP_COLUMN, WINDOW_COLUMN } from '../../core/sql/aggregate.ts'
import { helpersOf } from '../../core/sql/curated.ts'
import type { Dialect } from '../../core/sql/dialect.ts'
import { query } from '../../core/sql/query.ts'
import { typedRows } from '../../core/sql/refine.ts'
import { namedAsAsked } from '../../core/sql/whole-epoch/as-stored.ts'
import {
  type FolderLake,
  type FolderLakeSettings,
  openFolderLake,
} from '../../drivers/compose/folder-lake.ts'
import { aside, refineWhole } from '../../steps/batch/heavy/refine-whole.ts'
import { columnsOfRows } from '../../steps/batch/refine/refine-part.ts'
import { CASES } from '../contracts/dialect-cases.ts'
import { receiptOf } from '../contracts/folded-partials.ts'
import { rowsIn } from '../contracts/lake-engine.ts'
import { hostile, hostileEvent, seeded } from '../core/sql/hostile-events.ts'

/** An epoch of events of every kind, in a lake of its own, as raw lines and as the rows that DuckDB makes. */
export type HostileEpoch = FolderLake & {
  readonly folder: string
  /** Another engine makes the same rows, in columns of the same types. */
  expectSameRows(heavy: HeavyEngine): Promise<void>
  /** Another engine makes the same partials, cell text by cell text. */
  expectSamePartials(heavy: HeavyEngine): Promise<void>
  dispose(): Promise<void>
}

const EVENTS = 5000
const EPOCH = 3_600_000
const RAW = 'raw/type=com.example.hostile/epoch=19700101T010000Z/0.ndjson'
const CURATED = 'curated/duckdb.parquet'

/**
 * @param prefix of the folder's name
 * @param isRead which columns the other engine reads; each measure is asked for by day, and by every field
 */
export async function hostileEpoch(
  prefix: string,
  isRead: (column: string) => boolean = () => true,
  settings: Omit<FolderLakeSettings, 'folder'> = {},
): Promise<HostileEpoch> {
  const folder = await mkdtemp(join(tmpdir(), prefix))
  const opened = await openFolderLake({ folder, ...settings })
  const { dialect, session } = opened.engine
  const { contract, metrics } = casesOf(isRead)
  const helpers = helpersOf(metrics)
  const columns = columnsOfRows(contract, helpers)
  const lines = { kind: 'raw', type: contract.type, epoch: EPOCH, parts: [RAW] } as const
  await mkdir(join(folder, RAW, '..'), { recursive: true })
  await writeFile(join(folder, RAW), `${hostileLines().join('\n')}\n`)
  await session(each => {
    const rows = typedRows(dialect, contract, helpers, lines)
    const named = columns.map(dialect.identifier).join(', ')
    return each.write(query`SELECT ${named} FROM (${rows}) AS r`, CURATED, 'open-parquet')
  })
  return {
    ...opened,
    folder,
    async expectSameRows(heavy) {
      const target = { kind: 'staged-curated', type: contract.type, epoch: EPOCH } as const
      const task = { contract, helpers, isUnchecked: false, raw: [{ path: RAW, bytes: 1 }], target }
      const refined = await refineWhole(opened, heavy, task, { rows: [], slices: [] }, async () => {})
      expect(refined).toEqual({ raw: EVENTS, curated: EVENTS, duplicates: 0, redelivered: 0 })
      const parts = (await opened.lake.list('staged/curated')).map(({ path }) => path)
      const [made, own] = [rowsIn(...parts), rowsIn(CURATED)]
      await session(async each => {
        expect(await each.rows(dialect.columns([made]))).toEqual(await each.rows(dialect.columns([own])))
        for (const name of columns.map(dialect.identifier)) {
          const value = (rows: typeof made) =>
            query`SELECT event_id, ${name} AS v FROM ${dialect.scan([rows])} AS r`
          const differing = query`SELECT count(*) AS n, min(event_id) AS first FROM (${value(made)} EXCEPT ALL ${value(own)})`
          expect(await each.rows(differing), name).toEqual([{ n: 0n, first: null }])
        }
      })
    },
    async expectSamePartials(heavy) {
      const byMetric = (by: Dialect) =>
        metrics.map(metric => aggregate(by, metric, [rowsIn(CURATED)], { sketches: 'counted' }))
      const byDuckdb = byMetric(dialect)
      await heavy.run(byMetric(heavy.dialect), results =>
        session(async each => {
          for (const [i, { name, cells }] of metrics.entries()) {
            const named = [WINDOW_COLUMN, GROUP_COLUMN, ...cells.map(cell => cell.name)]
            const [made, own] = [namedAsAsked(dialect, aside(results[i]!), named), byDuckdb[i]!]
            const differing = query`SELECT count(*) AS n FROM ((${made} EXCEPT ALL (${own})) UNION ALL ((${own}) EXCEPT ALL ${made}))`
            expect(await each.rows(differing), name).toEqual([{ n: 0n }])
          }
        }),
      )
    },
    async dispose() {
      opened.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Each measure, by day and by every field: every case there is, dialects are tested with. */
const IS_ASKED = /^(?:every|kept)_day$|^by_/

function casesOf(isRead: (column: string) => boolean): {
  readonly contract: Contract
  readonly metrics: readonly Metric[]
} {
  const whole = CASES.latest.get(hostile.type)!
  const fields = whole.fields.filter(({ column }) => isRead(column))
  const left = new Set(whole.fields.filter(field => !fields.includes(field)).map(({ name }) => name))
  const isLeft = (field: Field | undefined) => field !== undefined && left.has(field.name)
  const asked = CASES.metrics.filter(({ name, by }) => IS_ASKED.test(name) && !by.some(isLeft))
  const metrics = asked.map(metric => {
    const cells = metric.cells.filter(({ field }) => !isLeft(field))
    return { ...metric, cells, kinds: cells.map(({ kind }) => kind) }
  })
  return { contract: { ...whole, fields }, metrics }
}

function hostileLines(): readonly string[] {
  const random = seeded(20261127)
  return Array.from({ length: EVENTS }, (_, i) => {
    const { time, data } = hostileEvent(random)
    return JSON.stringify({
      ...{ tbreceipt: receiptOf(i), tbepoch: EPOCH, tbtime: time, tbpartition: i % 7 },
      ...{ specversion: '1.0', id: String(i), source: '/test', type: hostile.type },
      ...{ time: new Date(time).toISOString(), data },
    })
  })
}
