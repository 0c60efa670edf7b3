import { copyFile, cp, link, mkdir, readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { pathInstant } from '../../core/data/time.ts'
import type { OpenTable } from '../../core/lake/open-table.ts'
import { curatedTable } from '../../core/lake/open-table.ts'
import { commitEpochs } from '../../steps/tables/commit-epochs.ts'
import type { EpochFiles } from '../../steps/tables/epoch-files.ts'
import { expireSnapshots } from '../../steps/tables/expire-snapshots.ts'
import type { TablePorts } from '../../steps/tables/table-head.ts'
import {
  createWorld,
  EPOCH,
  large,
  order,
  orders,
  pipelineOf,
  someEvents,
  T0,
} from '../../test/steps/batch/batch-kit.ts'
import { portsOf, runBatch } from '../../test/steps/batch/batch-run.ts'
import { tablesOf } from '../../test/steps/tables/tables-kit.ts'
import { createMeter } from './meter.ts'

/** Epochs that runs published, the last of which are copied to as many before them as are wanted. */
const WORKED = 4
/** Snapshots of a week. */
const WEEK = 7 * 24
/** Of one file there are so many names at most. */
const LINKS = 30_000
const AT_ONCE = 64

export const pipeline = pipelineOf([orders, large])

/**
 * The batch layer of one machine after so many hourly epochs: lake, batch views and open tables, with a meter
 * of what is asked of lake, table files and catalog.
 */
export async function openYears(epochs: number) {
  const world = await createWorld(pipeline)
  const meter = createMeter()
  const tables: TablePorts = { ...tablesOf(world), now: () => world.clock }
  const metered = {
    ...tables,
    files: meter.of(tables.files, ['read', 'write', 'keep', 'remove']),
    catalog: meter.of(tables.catalog, ['location', 'commit']),
  }
  const lake = meter.of(world.lake, ['list', 'folders', 'put', 'remove', 'replace'])
  const ports = { ...portsOf({ ...world, lake }, pipeline), now: () => world.clock, tables: metered }
  const epochOf = (n: number) => T0 + n * EPOCH
  let next = 0
  const runNext = async () => {
    await world.send(epochOf(next), someEvents(next, 40))
    world.clock = epochOf(++next)
    return runBatch(ports, `run-${String(next).padStart(6, '0')}`)
  }
  for (let n = 0; n < WORKED; n++) await runNext()
  await addLake(world.file, epochs)
  await addViews(world, epochs)
  const open = curatedTable(pipeline.latest.get(order.type)!, [...pipeline.latest.keys()])
  await addTable(world.file, tables, open, epochs)
  return { world, ports, meter, open, tables: metered, runNext, epochOf, next: () => next }
}

export type Years = Awaited<ReturnType<typeof openYears>>

const before = (n: number) => T0 - (n + 1) * EPOCH

/** Gives every folder of the first epoch as many namesakes of epochs before it. */
async function addLake(file: (path: string) => string, epochs: number): Promise<void> {
  const own = pathInstant(T0)
  for (const top of ['raw', 'curated', 'partials'])
    for (const owner of await readdir(file(top)))
      for (const name of (await readdir(file(`${top}/${owner}`))).filter(each => each.endsWith(`=${own}`)))
        await copies(file(`${top}/${owner}`), name, epochs, n => name.replace(own, pathInstant(before(n))))
}

/** Copies a folder under other names; its files are second names of a few. */
async function copies(folder: string, name: string, n: number, nameOf: (n: number) => string): Promise<void> {
  const files = await readdir(join(folder, name))
  const base = join(dirname(folder), `.of-${basename(folder)}`)
  await inTurns(
    n,
    async i => {
      await mkdir(join(folder, nameOf(i)))
      for (const each of files) {
        const source = `${base}-${Math.floor(i / LINKS)}-${each}`
        if (i % LINKS === 0) await copyFile(join(folder, name, each), source)
      }
    },
    LINKS,
  )
  await inTurns(n, async i => {
    for (const each of files)
      await link(`${base}-${Math.floor(i / LINKS)}-${each}`, join(folder, nameOf(i), each))
  })
}

/** Batch views of as many windows before the first. */
async function addViews({ batch }: Years['world'], epochs: number): Promise<void> {
  for (const metric of pipeline.metrics) {
    const boundary = (await batch.boundary(metric.id))!
    const length = metric.name === large.name ? EPOCH : 24 * EPOCH
    const [some] = (await batch.query({ ...ALL, metric: metric.id })).partials
    if (some === undefined) continue
    const windows = Math.ceil((epochs * EPOCH) / length)
    for (let from = 0; from < windows; from += 10_000) {
      const entries = Array.from({ length: Math.min(10_000, windows - from) }, (_, i) => ({
        ...{ group: some.group, cells: some.cells, window: some.window - (from + i + 1) * length },
      }))
      await batch.write(metric.id, boundary.generation + 1, entries)
    }
    await batch.moveBoundary(metric.id, { ...boundary, generation: boundary.generation + 1 })
  }
}

const ALL = { from: undefined, to: undefined, groups: undefined, limit: 100_000 }

/** Data files of as many epochs before the first: at once, but for those of the last week. */
async function addTable(
  file: (path: string) => string,
  tables: TablePorts,
  open: OpenTable,
  epochs: number,
): Promise<void> {
  const data = file(`tables/${open.namespace}/${open.table}/data`)
  const [kept] = await readdir(data)
  const clock = { at: before(epochs) }
  const then = { ...tables, now: () => clock.at }
  const nameOf = (n: number) => `of-${n}.parquet`
  await inTurns(
    epochs,
    async n => {
      const source = join(data, `base-${Math.floor(n / LINKS)}.parquet`)
      if (n % LINKS === 0) await copyFile(join(data, kept!), source)
      else await link(source, join(data, nameOf(n)))
    },
    1,
  )
  await inTurns(epochs, async n => {
    if (n % LINKS === 0) await cp(join(data, `base-${Math.floor(n / LINKS)}.parquet`), join(data, nameOf(n)))
  })
  const commit = async (from: number, to: number) => {
    clock.at = before(from - 1) + EPOCH
    const made = Array.from({ length: to - from }, (_, i) =>
      filesOf(data, nameOf(to - 1 - i), before(to - 1 - i)),
    )
    await commitEpochs(then, open, { epochs: made, run: `years-${from}`, through: undefined })
  }
  const week = Math.min(WEEK, epochs)
  for (let at = epochs; at > week; at -= 200) await commit(Math.max(week, at - 200), at)
  for (let at = week; at > 0; at--) await commit(at - 1, at)
  while ((await expireSnapshots(tables, open)) > 0);
}

function filesOf(data: string, name: string, epoch: number): EpochFiles {
  const range = { from: epoch, to: epoch + EPOCH / 2 }
  const instants = new Map(['event_time', 'received_at', 'epoch'].map(each => [each, range]))
  const part = { uri: `file://${data}/${name}`, bytes: 10_000, rows: 40, instants }
  return { epoch, parts: [part], columns: new Set() }
}

async function inTurns(n: number, work: (i: number) => Promise<void>, atOnce = AT_ONCE): Promise<void> {
  for (let from = 0; from < n; from += atOnce)
    await Promise.all(Array.from({ length: Math.min(atOnce, n - from) }, (_, i) => work(from + i)))
}
