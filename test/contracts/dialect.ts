import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { count, last, quantile } from '../../core/declare/measures.ts'
import type { MetricDeclaration } from '../../core/declare/metric.ts'
import type { Metric } from '../../core/declare/metric-plan.ts'
import type { Relation } from '../../core/lake/relation.ts'
import { aggregate, GROUP_COLUMN, groupSizes, WINDOW_COLUMN } from '../../core/sql/aggregate.ts'
import { helpersOf } from '../../core/sql/curated.ts'
import type { Dialect } from '../../core/sql/dialect.ts'
import { changedKeys, orderedPartials } from '../../core/sql/partials.ts'
import { type Query, query } from '../../core/sql/query.ts'
import { typedRows } from '../../core/sql/refine.ts'
import { openFolderLake } from '../../drivers/compose/folder-lake.ts'
import { hostile, hostileEvent, seeded } from '../core/sql/hostile-events.ts'
import { CASES, every, metric, pipelineOf, wheres } from './dialect-cases.ts'
import { foldedPartials, type Partials, receiptOf, type TimedEvent } from './folded-partials.ts'
import { rowsIn } from './lake-engine.ts'

/** Curated rows, as the tests give them to an engine: a file, and the same as texts. */
export type Curated = {
  /** Path of a Parquet file. */
  readonly file: string
  /** Names and DuckDB's types of the columns. Instants are ms, of type BIGINT, in `rows`. */
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  /** Values as text. */
  readonly rows: readonly (readonly (string | null)[])[]
}

/** An engine that runs, for a dialect. */
export type DialectHarness = {
  readonly dialect: Dialect
  /** Whether its texts can have U+0000. */
  readonly hasNul: boolean
  /** Makes the relation that the dialect's `scan` names. */
  load(curated: Curated): Promise<void>
  /** Rows of a statement, by column name. */
  rows(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>
  dispose(): Promise<void>
}

const EVENTS = 3000
const EPOCH = 3_600_000
const RANDOM_METRICS = 12
/** Spark compiles a program a sketch: a minute of a busy machine for a statement of twenty. */
const CASE_MS = 240_000

/** Where clocks are changed, days and years are long, and a leap second was. */
const EDGES = [
  ...['2026-03-08T06:59:59.999Z', '2026-03-08T07:00:00Z', '2026-11-01T05:59:59.999Z', '2026-11-01T06:00:00Z'],
  ...['2026-03-29T00:59:59.999Z', '2026-03-29T01:00:00Z', '2026-10-25T01:00:00Z', '2011-12-30T10:00:00Z'],
  ...['2024-02-29T23:59:59.999Z', '2000-02-29T00:00:00Z', '1900-02-28T23:59:59.999Z'],
  ...['2016-12-31T23:59:59.999Z', '2017-01-01T00:00:00Z', '1582-10-10T00:00:00Z'],
].map(text => Date.parse(text))

/**
 * The contract that every dialect keeps: partials of curated rows are, byte for byte, what the speed layer
 * folds. Every measure, filter, window and group, and declarations made up by chance.
 */
export function dialectContract(name: string, create: () => Promise<DialectHarness>): void {
  const seed = Number(process.env['TRIBUTARY_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
  describe(`the SQL of ${name}`, () => {
    let harness: DialectHarness
    let events: readonly TimedEvent[]
    beforeAll(async () => {
      harness = await create()
      events = eventsOf(seed, harness.hasNul)
      const { curated, dispose } = await refined(events)
      await harness.load(curated)
      await dispose()
    }, 300_000)
    afterAll(() => harness?.dispose(), 60_000)

    const check = async (of: Metric) => {
      const asked = aggregate(harness.dialect, of, [rowsIn('curated')], { sketches: 'counted' })
      const expected = foldedPartials(of, events)
      const actual = partialsOf(of, await harness.rows(asked.sql))
      expect(new Set(actual.keys())).toEqual(new Set(expected.keys()))
      for (const [key, cells] of expected) expect(actual.get(key), key).toEqual(cells)
    }

    test.each(CASES.metrics.map(of => [of.name, of] as const))(
      '%s: partials are those of the speed layer',
      async (_name, of) => {
        if (!harness.hasNul && asksForNul(of)) await expect(check(of)).rejects.toThrow('U+0000')
        else await check(of)
      },
      CASE_MS,
    )

    test.each(randomMetrics(seed).map(of => [of.name, of] as const))(
      `%s, by chance (TRIBUTARY_SEED=${seed}): partials are those of the speed layer`,
      async (_name, of) => {
        if (harness.hasNul || !asksForNul(of)) await check(of)
      },
      CASE_MS,
    )

    test(
      'a dictionary of values gives the same partials',
      async () => {
        const of = CASES.metrics[0]!
        const dictionaries = of.kinds.map(kind => kind === 'registers')
        const options = { sketches: 'counted', dictionaries } as const
        const asked = aggregate(harness.dialect, of, [rowsIn('curated')], options)
        const actual = partialsOf(of, await harness.rows(asked.sql))
        expect(actual).toEqual(foldedPartials(of, events))
      },
      CASE_MS,
    )

    test(
      'partials that differ between two versions of an epoch are found, and read in order of bytes',
      async () => {
        const [before, after] = pipelineOf([
          metric('before', KEPT),
          metric('after', { ...KEPT, where: LESS }),
        ]).metrics.toReversed()
        const { dialect } = harness
        const sqlOf = ({ parts: [name] }: Relation) =>
          `(${aggregate(dialect, name === 'before' ? before! : after!, [rowsIn('curated')], { sketches: 'counted' }).sql})`
        const overPartials: Dialect = {
          ...dialect,
          scan: ([one, ...others]) =>
            one!.parts[0] === 'curated'
              ? dialect.scan([one!, ...others])
              : { sql: sqlOf(one!), reads: [one!] },
        }
        const [old, fresh] = [foldedPartials(before!, events), foldedPartials(after!, events)]
        const changed = changedKeys(overPartials, before!, rowsIn('before'), rowsIn('after'))
        const differ = [...old.keys()].filter(key => String(old.get(key)) !== String(fresh.get(key)))
        expect(differ.length).toBeLessThan(old.size)
        expect(new Set(await keysIn(changed))).toEqual(new Set(differ))
        const ordered = await keysIn(orderedPartials(overPartials, before!, [rowsIn('before')]))
        expect(ordered).toEqual(inOrder([...old.keys()]))
      },
      CASE_MS,
    )

    const keysIn = async ({ sql }: Query) =>
      (await harness.rows(sql)).map(row => `${String(row[WINDOW_COLUMN])}|${String(row[GROUP_COLUMN])}`)

    test(
      'the sizes of groups, by which a plan is chosen, can be asked for',
      async () => {
        const of = CASES.metrics[0]!
        const [sizes] = await harness.rows(groupSizes(harness.dialect, of, [rowsIn('curated')]).sql)
        expect(Number(sizes?.['events'])).toBe(events.length)
        expect(Number(sizes?.['groups'])).toBe(foldedPartials(of, events).size)
      },
      CASE_MS,
    )
  })
}

/** Two versions of an epoch, the later of fewer events. */
const KEPT = {
  window: 'day',
  by: ['s'],
  measures: { n: count(), last: last('ons'), p: quantile('n', 0.5) },
} as const
const LESS = { i: { lt: 100_000 } } as const

/** By window, then by the group's bytes. */
function inOrder(keys: readonly string[]): readonly string[] {
  const parts = (key: string) =>
    [Number(key.split('|', 1)[0]), Buffer.from(key.slice(key.indexOf('|') + 1))] as const
  return keys.toSorted((a, b) => parts(a)[0] - parts(b)[0] || Buffer.compare(parts(a)[1], parts(b)[1]))
}

function partialsOf(of: Metric, rows: readonly Readonly<Record<string, unknown>>[]): Partials {
  return new Map(
    rows.map(row => [
      `${String(row[WINDOW_COLUMN])}|${String(row[GROUP_COLUMN])}`,
      of.cells.map(cell => row[cell.name] as string | null),
    ]),
  )
}

function eventsOf(seed: number, hasNul: boolean): readonly TimedEvent[] {
  const random = seeded(seed)
  const events: TimedEvent[] = []
  while (events.length < EVENTS) {
    const { time, data } = hostileEvent(random)
    const text = JSON.stringify(data)
    if (!hasNul && text.includes('\\u0000')) continue
    const edge = EDGES[Math.floor(random() * EDGES.length)]!
    // As they are read from a line, with every number as its double.
    events.push({ time: random() < 0.3 ? edge : time, data: JSON.parse(text) })
  }
  return events
}

function asksForNul({ filter }: Metric): boolean {
  return JSON.stringify(filter.map(({ condition }) => condition)).includes('\\u0000')
}

/** Measures, a filter and groups that are in the table one by one, put together by chance. */
function randomMetrics(seed: number): readonly Metric[] {
  const declaration = fc.record({
    window: fc.constantFrom('minute', 'hour', 'day'),
    by: fc.subarray(['s', 'os', 'ns', 'ons', 'i', 'oni', 'n', 'on', 'b', 'onb', 't', 'ont', 'constructor'], {
      maxLength: 4,
    }),
    where: fc.constantFrom({}, ...Object.values(wheres)),
    measures: fc
      .subarray(Object.entries(every), { minLength: 1, maxLength: 9 })
      .map(entries => Object.fromEntries(entries)),
  }) as fc.Arbitrary<Partial<MetricDeclaration>>
  const all = fc.sample(declaration, { seed, numRuns: RANDOM_METRICS })
  return pipelineOf(all.map((rest, i) => metric(`chance_${i}`, rest))).metrics
}

/** Events as curated rows: written as raw lines, refined by DuckDB. */
async function refined(
  events: readonly TimedEvent[],
): Promise<{ readonly curated: Curated; dispose(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'dialect-'))
  const opened = await openFolderLake({ folder })
  const { engine } = opened
  await writeFile(join(folder, 'raw.ndjson'), `${events.map(lineOf).join('\n')}\n`)
  const contract = CASES.latest.get(hostile.type)!
  const raw = { kind: 'raw', type: contract.type, epoch: EPOCH, parts: ['raw.ndjson'] } as const
  const curated = await engine.session(async session => {
    const rows = typedRows(engine.dialect, contract, helpersOf(CASES.metrics), raw)
    await session.write(rows, 'curated.parquet', 'parquet')
    const described = await session.rows(engine.dialect.columns([rowsIn('curated.parquet')]))
    const columns = described.map(row => ({
      name: String(row['column_name']),
      type: String(row['column_type']),
    }))
    const texts = columns.map(({ name, type }) => {
      const value = engine.dialect.identifier(name)
      return `CAST(${type === INSTANT ? `epoch_ms(${value})` : value} AS VARCHAR)`
    })
    const scan = engine.dialect.scan([rowsIn('curated.parquet')])
    const found = await session.rows(
      query`SELECT to_json([${texts.join(', ')}])::VARCHAR AS row FROM ${scan} AS c`,
    )
    return {
      file: join(folder, 'curated.parquet'),
      columns,
      rows: found.map(({ row }) => JSON.parse(String(row)) as (string | null)[]),
    }
  })
  return {
    curated,
    dispose: async () => {
      opened.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const INSTANT = 'TIMESTAMP WITH TIME ZONE'

function lineOf({ time, data }: TimedEvent, i: number): string {
  return JSON.stringify({
    ...{ tbreceipt: receiptOf(i), tbepoch: EPOCH, tbtime: time, tbpartition: 0, specversion: '1.0' },
    ...{ id: String(i), source: '/test', type: hostile.type, time: new Date(time).toISOString(), data },
  })
}
