import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { rawFolder } from '../../../core/lake/lake-paths.ts'
import { filesLeftOut } from '../../../drivers/lake/folder/left-out.ts'
import {
  buy,
  createWorld,
  EPOCH,
  expectedViews,
  iso,
  large,
  order,
  orders,
  pipelineOf,
  T0,
  visibleState,
  visits,
  type World,
} from './batch-kit.ts'
import { portsOf, runBackfill, runBatch } from './batch-run.ts'

/** Files that somebody leaves beside those of the lake: a copy, a backup of an editor, a file of a tool. */

const pipeline = pipelineOf([orders, large, visits])

let world: World
beforeEach(async () => {
  world = await createWorld(pipeline)
  await world.send(T0, ['a', 'b', 'c'].map(buy))
  world.clock = T0 + EPOCH
})
afterEach(() => world.dispose())

async function expectExact(): Promise<void> {
  const { views } = await visibleState(world, pipeline)
  for (const metric of [orders, large])
    expect(views[metric.name]!.partials).toEqual(expectedViews(world, metric, T0))
}

/** As a copy is made while its original grows, or by a disk that is full: its last line is cut. */
async function cutCopy(original: string, name: string): Promise<string> {
  const path = `${dirname(original)}/${name}`
  await mkdir(dirname(world.file(path)), { recursive: true })
  await writeFile(world.file(path), (await readFile(world.file(original))).subarray(0, -20))
  return path
}

describe('a file beside those of the raw lake', () => {
  const names = ['1 (copy).ndjson', '1.ndjson~', '1.ndjson.bak', '1.ndjson.gz', 'copy/1.ndjson', 'notes.txt']

  test.each(names)('%s stops no batch, counts nothing, and is named', async name => {
    const [raw] = await world.lake.list(rawFolder(order.type, T0))
    const copy = await cutCopy(raw!.path, name)
    await runBatch(portsOf(world, pipeline))
    await expectExact()
    expect(world.leftOut()).toEqual([copy])
    expect(await filesLeftOut(world.file(''))).toEqual([copy])
  })

  test('whole, counts its events once, also in a backfill', async () => {
    const [raw] = await world.lake.list(rawFolder(order.type, T0))
    await runBatch(portsOf(world, pipeline))
    await copyFile(world.file(raw!.path), world.file(`${dirname(raw!.path)}/1 (copy).ndjson`))
    await runBackfill(portsOf(world, pipeline), { from: iso(T0), to: iso(T0 + EPOCH) })
    await expectExact()
  })
})

test.each(['curated', 'partials'])('a copy of a file of %s is read by nobody', async top => {
  await runBatch(portsOf(world, pipeline))
  const own = await world.lake.list(top)
  for (const { path } of own)
    await copyFile(world.file(path), world.file(path.replace(/\.parquet$/, ' (copy).parquet')))
  expect(own.length).toBeGreaterThan(0)
  expect(await world.lake.list(top)).toEqual(own)
  expect(world.leftOut()).toHaveLength(own.length)
})
