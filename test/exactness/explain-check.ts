import { expect } from 'vitest'
import { windowsFrom } from '../../core/data/calendar.ts'
import type { Metric } from '../../core/declare/metric-plan.ts'
import { compileStarts } from '../../core/fold/rollup-windows.ts'
import { createExplainMetric, type ExplainQuestion, type Explanation } from '../../steps/explain/explain.ts'
import { createLookIntoLake } from '../../steps/explain/look-into-lake.ts'
import { createQueryMetric } from '../../steps/query-metric.ts'
import { CLOCK } from '../arbitraries.ts'
import { expectedPartials, type Judged, judge } from '../oracle.ts'
import { createRandom } from './faulty-ports.ts'
import type { PlatformCheck } from './platform-check.ts'
import type { PlatformWorld } from './platform-world.ts'
import { receivedOf } from './received-log.ts'

/** What became of the questions of a test. */
export type Asked = { cells: number; addUp: number; late: number; duplicates: number; live: number }

/** Cells that are explained at each look, and at the end. */
const EACH_LOOK = 1
const AT_END = 4
/** Of so many looks one asks. */
const LOOKS = 5

/**
 * Explains cells by chance, at every moment of a scenario. Parts add up, or one of them says that a layer
 * lacks something or that it is being computed again; their events are those of the reference.
 */
export function createExplainCheck(world: PlatformWorld, asked: Asked, seed: number): PlatformCheck {
  const { declared, log, batch, views, holds, ledger, countedSince, now } = world
  const random = createRandom(seed)
  const judged = judge(receivedOf(log), CLOCK)
  const { pipeline } = declared
  const types = new Set(judged.map(({ event }) => event.type))
  const metrics = pipeline.metrics.filter(({ type }) => types.has(type))
  const queryMetric = createQueryMetric({
    ...{ pipeline, batchViews: batch, realTimeViews: views, holds, countedSince, now },
    epochLength: CLOCK.epochLength,
    readPast: undefined,
    speedLag: async () => 0,
  })
  const { lake, engine } = world
  const { epochLength, horizon } = CLOCK
  const explain = createExplainMetric({
    ...{ pipeline, batchViews: batch, realTimeViews: views, queryMetric, ledger, now },
    lookIntoLake: createLookIntoLake({ pipeline, lake, engine, ledger, countedSince, epochLength, horizon }),
    pause: async () => undefined,
    patienceMs: 0,
  })
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)]!

  async function someCell(): Promise<ExplainQuestion | undefined> {
    const metric = pick(metrics)
    const names = metric.by.map(({ name }) => name)
    const by = random() < 0.5 ? names : names.filter(() => random() < 0.5)
    const window = pick(windowsFrom(metric.window))
    const { rows } = await queryMetric({ name: metric.name, where: {}, layer: 'merged', by, window })
    if (rows.length === 0) return undefined
    const { window: at, group } = pick(rows)
    return { name: metric.name, at: Date.parse(at), window, by, group, where: {}, isThorough: true }
  }

  async function ask(isAtRest: boolean): Promise<void> {
    const question = await someCell()
    if (question === undefined) return
    const found = await explain(question)
    const where = JSON.stringify(question)
    asked.cells++
    for (const part of found.parts)
      if (part.matches === false)
        expect([where, part.epoch, part.isSettled]).toEqual([where, part.epoch, false])
    if (isAtRest) expect([where, found.addsUp, found.parts]).toEqual([where, true, found.parts])
    if (!found.addsUp) return
    asked.addUp++
    asked.live += found.parts.filter(({ layer }) => layer === 'real-time').length
    asked.late += found.parts.filter(({ epoch }) => epoch >= found.cell.windows.to).length
    expectEvents(question, found, isAtRest)
    if (isAtRest) await expectSql(question, found)
  }

  /** The statement counts what the parts do, started in the lake's folder. */
  async function expectSql(
    question: ExplainQuestion,
    { metric, parts, values, sql }: Explanation,
  ): Promise<void> {
    const inFolder = sql!.replaceAll("'./", `'${world.lakeRoot}/`)
    const [row] = await engine.session(session => session.rows({ sql: inFolder, reads: [] }))
    const where = `${JSON.stringify(question)}\n${sql}`
    const total = parts.reduce((sum, part) => sum + part.computed!.events, 0)
    expect([where, Number(row?.['events'])]).toEqual([where, total])
    for (const { name, measure } of metric.measures)
      if (measure.kind === 'count') expect([where, Number(row?.[name])]).toEqual([where, values?.[name]])
  }

  /** The reference's events of the cell, of the epochs of its parts. */
  function expectEvents(question: ExplainQuestion, found: Explanation, isAtRest: boolean): void {
    const { metric } = found
    const epochs = new Set(found.parts.flatMap(part => part.epochs))
    const own = judged.filter(one => isOfCell(metric, one, found))
    const counted = own
      .filter(one => one.counted && epochs.has(one.epoch))
      .map(({ event }) => event.tbreceipt)
    const { events, parts, duplicates } = found
    const total = parts.reduce((sum, part) => sum + part.computed!.events, 0)
    const where = JSON.stringify(question)
    // Of an open epoch some may not have been received yet.
    if (isAtRest) expect([where, total]).toEqual([where, counted.length])
    const receipts = events.map(({ receipt }) => receipt)
    expect([...receipts].sort()).toEqual(receipts)
    expect(receipts.filter(receipt => !counted.includes(receipt))).toEqual([])
    if (isAtRest) expect(receipts).toEqual(counted.sort().slice(0, 100))
    asked.duplicates += duplicates.total
    const dropped = own.filter(one => !one.counted).map(({ event }) => event.tbreceipt)
    for (const one of duplicates.first) {
      expect(dropped).toContain(one.receipt)
      const winner = judged.find(({ event }) => event.tbreceipt === one.winner?.receipt)
      expect(winner).toMatchObject({ counted: true, event: { id: one.id, source: one.source } })
    }
    if (!isAtRest || duplicates.notRead.length > 0) return
    const [first, last] = [Math.min(...epochs), Math.max(...epochs) + horizon * epochLength]
    const near = own.filter(one => !one.counted && one.epoch >= first && one.epoch <= last)
    expect([where, duplicates.total]).toEqual([where, near.length])
  }

  function isOfCell(metric: Metric, one: Judged, { cell }: Explanation): boolean {
    const declaration = declared.metrics.find(({ name }) => name === metric.name)!
    const [partial] = expectedPartials([{ ...one, counted: true }], declaration, declared.contracts)
    if (partial === undefined || compileStarts(cell.windows)(partial.window) !== cell.windows.from)
      return false
    const group = JSON.parse(partial.group) as Record<string, unknown>
    const kept = cell.by.filter(name => Object.hasOwn(group, name)).map(name => [name, group[name]])
    return JSON.stringify(Object.fromEntries(kept)) === JSON.stringify(cell.group)
  }

  async function askSome(count: number, isAtRest = false): Promise<void> {
    for (let i = 0; i < count; i++) await ask(isAtRest)
  }

  return {
    mergedAnswers: async () => (random() * LOOKS < 1 ? askSome(EACH_LOOK) : undefined),
    cells: async () => undefined,
    beginSlowQueries: () => async () => undefined,
    reconciled: () => undefined,
    published: () => askSome(AT_END, true),
  }
}
