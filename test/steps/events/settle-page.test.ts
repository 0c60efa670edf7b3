import { readdir, readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ReceivedEvent, readReceived } from '../../../core/event/record.ts'
import { rawFolder, rawOfType } from '../../../core/lake/lake-paths.ts'
import { openRawLines } from '../../../drivers/raw/raw-lines.ts'
import { settlePage } from '../../../steps/events/settle-page.ts'
import { buy, createWorld, EPOCH, order, orders, pipelineOf, T0, type World } from '../batch/batch-kit.ts'
import { portsOf, runBatch } from '../batch/batch-run.ts'

const pipeline = pipelineOf([orders])
let world: World
beforeAll(async () => {
  world = await createWorld(pipeline)
})
afterAll(() => world.dispose())

async function received(epoch: number): Promise<readonly { event: ReceivedEvent; raw: string }[]> {
  const folder = rawFolder(order.type, epoch)
  const names = await readdir(world.file(folder))
  const files = names.filter(name => name.endsWith('.ndjson')).map(name => `${folder}/${name}`)
  const texts = await Promise.all(files.map(raw => readFile(world.file(raw), 'utf8')))
  return texts.flatMap((text, i) =>
    text
      .trimEnd()
      .split('\n')
      .map(line => ({ event: readReceived(line)!, raw: files[i]! })),
  )
}

test('an epoch that a run refines while a page is looked at makes none of its events a duplicate', async () => {
  await world.send(T0, [buy('a'), buy('b')])
  await world.send(T0, [buy('a')])
  world.clock = T0 + EPOCH
  const ports = { ...portsOf(world, pipeline), rawLines: openRawLines(world.file('')) }
  // The run ends right after it was seen which epochs there are.
  let runs = 0
  const lake: World['lake'] = {
    ...world.lake,
    folders: async (folder, options) => {
      const found = await world.lake.folders(folder, options)
      if (folder === rawOfType(order.type) && runs++ === 0) await runBatch(ports)
      return found
    },
  }
  const settled = await settlePage({ ...ports, lake }, await received(T0))
  expect(runs).toBe(1)
  const outcomes = settled.map(({ event, isCounted }) => [event.id, isCounted])
  expect(outcomes.sort()).toEqual([
    ['a', false],
    ['a', true],
    ['b', true],
  ])
})
