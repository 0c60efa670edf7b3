import { afterEach, describe, expect, test } from 'vitest'
import { itemId } from '../../../../core/ports/views.ts'
import { openViewsCheckpoint, type ViewsCheckpoint } from '../../../../drivers/views/memory/checkpoint.ts'
import { createMemoryViews, type MemoryViews } from '../../../../drivers/views/memory/memory.ts'
import { describeRealTimeViews } from '../../../contracts/views.ts'
import { ALL, HOUR, itemOf, METRIC, shapes } from '../../../contracts/views-kit.ts'
import { type LmdbFolder, newFolder, openFolder } from '../lmdb-folder.ts'

describeRealTimeViews('memory with a checkpoint', async metricShapes => {
  const { root, dispose } = openFolder()
  const views = createMemoryViews(metricShapes)
  openViewsCheckpoint(root, views, metricShapes)
  return { views, dispose }
})

type Opened = LmdbFolder & { readonly views: MemoryViews; readonly checkpoint: ViewsCheckpoint }

describe('the checkpoint of real-time views', () => {
  const folders: LmdbFolder[] = []
  afterEach(async () => {
    for (const folder of folders.splice(0)) await folder.dispose()
  })
  const open = (path?: string, known = shapes): Opened => {
    const folder = openFolder(path)
    folders.push(folder)
    const views = createMemoryViews(known)
    return { ...folder, views, checkpoint: openViewsCheckpoint(folder.root, views, known) }
  }
  /** What a crash at this moment would leave, opened. */
  const crash = async ({ root }: Opened, known = shapes): Promise<Opened> => {
    const path = newFolder()
    await root.backup(path, false)
    return open(path, known)
  }
  const write = (views: MemoryViews, ...items: ReturnType<typeof itemOf>[]) =>
    views.write(items.map(item => ({ item, expected: undefined })))
  const manyItems = (count: number, record: number) =>
    Array.from({ length: count }, (_, i) => itemOf({ window: i * HOUR, record, count: record }))

  test('has no position before it was ever saved', () => {
    expect(open().checkpoint.position).toBeUndefined()
  })

  test('brings back what was saved, and its position', async () => {
    const layer = open()
    const items = ['{}', '{"a":"|1|"}', `{"a":"${'y'.repeat(5000)}"}`].map((group, i) =>
      itemOf({ group, window: -HOUR, epoch: 2 * HOUR, lane: i, record: 100 + i, index: i, count: i }),
    )
    await write(layer.views, ...items)
    expect(layer.checkpoint.dirty()).toBe(3)
    await layer.checkpoint.save(77)
    expect(layer.checkpoint.dirty()).toBe(0)
    const again = await crash(layer)
    expect(again.checkpoint.position).toBe(77)
    expect(await again.views.read(items)).toEqual(items)
    expect(again.checkpoint.dirty()).toBe(0)
  })

  test('tells how much of it is read', async () => {
    const layer = open()
    await write(layer.views, ...manyItems(1000, 1))
    await layer.checkpoint.save(77)
    const told: string[] = []
    openViewsCheckpoint(layer.root, createMemoryViews(shapes), shapes, 'real-time', how => told.push(how))
    expect(told[0]).toMatch(/^real-time views, block 1 of [1-9]\d*$/)
  })

  test('does not bring back what was written after it', async () => {
    const layer = open()
    await layer.checkpoint.save(5)
    await write(layer.views, itemOf({}))
    const again = await crash(layer)
    expect(again.checkpoint.position).toBe(5)
    expect(await again.views.read([itemOf({})])).toEqual([undefined])
  })

  test('has every item as of its position, or a newer one, whenever the crash comes', async () => {
    const layer = open()
    const old = manyItems(1600, 1)
    await write(layer.views, ...old)
    await layer.checkpoint.save(1)
    await layer.views.write(manyItems(1600, 2).map((item, i) => ({ item, expected: old[i]!.position })))
    let saved = false
    const saving = layer.checkpoint.save(2).then(() => {
      saved = true
    })
    for (let looks = 0; !saved || looks === 0; looks++) {
      const again = await crash(layer)
      const counts = (await again.views.read(old)).map(item => item!.cells[0])
      const older = counts.filter(count => count !== 2)
      if (again.checkpoint.position === 2) expect(older).toEqual([])
      else expect(older).toEqual(older.map(() => 1))
      await folders.pop()!.dispose()
    }
    await saving
  })

  test('keeps what is written while it is being saved for the next time', async () => {
    const layer = open()
    await write(layer.views, ...manyItems(1600, 1))
    const saving = layer.checkpoint.save(1)
    await write(layer.views, itemOf({ lane: 5 }))
    await saving
    expect(layer.checkpoint.dirty()).toBe(1)
    await layer.checkpoint.save(2)
    expect((await (await crash(layer)).views.read([itemOf({ lane: 5 })]))[0]).toBeDefined()
  })

  test('forgets dropped epochs at the next save, and only those', async () => {
    const layer = open()
    const items = [0, HOUR, 2 * HOUR].map(epoch => itemOf({ epoch }))
    const other = itemOf({ metric: 'other.00000000' })
    await write(layer.views, ...items, other)
    await layer.checkpoint.save(1)
    await layer.views.drop(METRIC, HOUR)
    expect((await (await crash(layer)).views.read(items)).filter(Boolean)).toHaveLength(3)
    await layer.checkpoint.save(2)
    expect(await (await crash(layer)).views.read([...items, other])).toEqual([
      ...[undefined, undefined, items[2], other],
    ])
  })

  test('does not write items that were dropped before they were saved', async () => {
    const layer = open()
    await write(layer.views, itemOf({}), itemOf({ epoch: HOUR }))
    await layer.views.drop(METRIC, 0)
    await layer.checkpoint.save(1)
    const again = await crash(layer)
    expect(await again.views.query({ ...ALL, after: undefined })).toHaveLength(1)
    expect(await again.views.read([itemOf({})])).toEqual([undefined])
  })

  test('a reset forgets everything, in memory and on disk, and sets the position', async () => {
    const layer = open()
    await write(layer.views, itemOf({}), itemOf({ metric: 'other.00000000' }))
    await layer.checkpoint.save(9)
    await write(layer.views, itemOf({ lane: 1 }))
    await layer.checkpoint.reset(4)
    expect(layer.checkpoint.dirty()).toBe(0)
    expect(await layer.views.query({ ...ALL, after: undefined })).toEqual([])
    const again = await crash(layer)
    expect(again.checkpoint.position).toBe(4)
    expect(await again.views.query({ ...ALL, after: undefined })).toEqual([])
  })

  test('leaves out the items of a metric that is no longer declared, and forgets them at the next save', async () => {
    const { TributaryError } = await import('../../../../core/errors.ts')
    const layer = open()
    await write(layer.views, itemOf({}), itemOf({ metric: 'gone.00000000' }))
    await layer.checkpoint.save(1)
    const again = await crash(layer, metric => {
      if (metric === METRIC) return shapes(metric)
      throw new TributaryError('not_found', metric)
    })
    expect([...again.views.index.keys()]).toEqual([METRIC])
    await again.checkpoint.save(2)
    const declaredAgain = await crash(again, () => shapes(METRIC))
    expect([...declaredAgain.views.index.keys()]).toEqual([METRIC])
  })

  test('keeps the order of items whose sequence numbers have many digits', async () => {
    const layer = open()
    const sequence = '49590338271490256608559692538361571095921575989136588898'
    const item = { ...itemOf({}), id: itemId('{}', 0, 0), position: { sequence, index: 41 } }
    await layer.views.write([{ item, expected: undefined }])
    await layer.checkpoint.save(1)
    expect((await (await crash(layer)).views.read([item]))[0]?.position).toEqual({ sequence, index: 41 })
  })
})
