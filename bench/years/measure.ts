import { readFileSync, writeFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { createPlan } from '../../steps/batch/plan.ts'
import { createQueryMetric } from '../../steps/query-metric.ts'
import { commitEpochs } from '../../steps/tables/commit-epochs.ts'
import { expireSnapshots } from '../../steps/tables/expire-snapshots.ts'
import { removeOrphans } from '../../steps/tables/remove-orphans.ts'
import { EPOCH, someEvents, T0 } from '../../test/steps/batch/batch-kit.ts'
import { quantile } from '../figure.ts'
import type { Asked } from './meter.ts'
import { openYears, pipeline, type Years } from './years-world.ts'

/** What one kind of work takes: the middle of several times, and what it asked for. */
export type Cost = {
  readonly name: string
  readonly ms: number
  /** Processor time, ms. */
  readonly cpu: number
  /** Of the last time. */
  readonly asked: Asked
  /** Most memory while it went on, MB above what there was before. */
  readonly peakMb: number
}

const DAY = 24 * EPOCH

/** What planning, a run, queries, commits and upkeep take after so many hourly epochs. */
export async function costsAfter(epochs: number, times: number): Promise<readonly Cost[]> {
  const years = await openYears(epochs)
  try {
    const { world, ports, open, tables, runNext, epochOf, next } = years
    const timed = (name: string, n: number, work: (i: number) => Promise<unknown>) =>
      cost(years, name, n, work)
    const withoutTables = { ...ports, tables: undefined }
    const plan = createPlan(withoutTables)
    await world.send(epochOf(next()), someEvents(next(), 40))
    world.clock = epochOf(next() + 1)
    const planned = await timed('plan of an epoch', times, i => plan({ turn: 0, run: `plan-${i}` }))
    await runNext()
    const run = await timed('run of an epoch', Math.ceil(times / 4), runNext)
    const query = createQueryMetric({
      ...{ pipeline, batchViews: world.batch, realTimeViews: world.speed, holds: world.holds },
      ...{
        countedSince: world.countedSince,
        epochLength: EPOCH,
        speedLag: async () => 0,
        readPast: undefined,
      },
      now: () => world.clock,
    })
    const ask = (name: string, from: number) => () =>
      query({ name, from, to: world.clock, where: {}, layer: 'merged' })
    const queries = [
      await timed('query of a day by hours', times, ask('large_orders', T0 - DAY)),
      await timed('query of a month by days', times, ask('orders_daily', T0 - 30 * DAY)),
    ]
    const [epoch, files] = await someFiles(years)
    const commit = await timed('commit of an epoch', times, i => {
      const at = epoch + (i + 1) * EPOCH
      const work = { epochs: [{ ...files, epoch: at }], run: `commit-${i}`, through: at }
      return commitEpochs(tables, open, work)
    })
    world.clock += 8 * DAY
    const expiry = await timed('expiry of snapshots', 1, () => expireSnapshots(tables, open))
    await removeOrphans({ ...tables, lake: ports.lake }, open)
    world.clock += 400 * DAY
    const look = await timed('look for orphans', 1, () =>
      removeOrphans({ ...tables, lake: ports.lake }, open),
    )
    return [planned, run, ...queries, commit, expiry, look]
  } finally {
    await years.world.dispose()
  }
}

/** The last epoch that is in the table, and its files as a commit takes them. */
async function someFiles({ ports, open, epochOf, next }: Years) {
  const { epochFiles } = await import('../../steps/tables/epoch-files.ts')
  const { lake, engine, tables } = ports
  const epoch = epochOf(next() - 1)
  const contract = pipeline.latest.get(open.source.slice('curated:'.length))!
  const folder = tables.files.folder(open.namespace, open.table)
  return [epoch, await epochFiles({ lake, engine, files: tables.files }, contract, epoch, folder)] as const
}

async function cost(
  { meter }: Years,
  name: string,
  times: number,
  work: (i: number) => Promise<unknown>,
): Promise<Cost> {
  const [each, cpu]: [number[], number[]] = [[], []]
  let asked: Asked = { calls: 0, read: 0, written: 0 }
  const rss = process.memoryUsage().rss
  forgetPeak()
  for (let i = 0; i < times; i++) {
    meter.take()
    const [from, before] = [performance.now(), process.cpuUsage()]
    await work(i)
    const { user, system } = process.cpuUsage(before)
    each.push(performance.now() - from)
    cpu.push((user + system) / 1000)
    asked = meter.take()
  }
  const peakMb = Math.max(0, peakBytes() - rss) / 2 ** 20
  return { name, ms: quantile(each, 0.5), cpu: quantile(cpu, 0.5), asked, peakMb }
}

/** Linux alone tells it. */
function forgetPeak(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5')
  } catch {
    // The peak of all before, then.
  }
}

function peakBytes(): number {
  try {
    const status = readFileSync('/proc/self/status', 'utf8')
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) * 1024
  } catch {
    return 0
  }
}
