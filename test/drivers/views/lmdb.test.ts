import { once } from 'node:events'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { open } from 'lmdb'
import { afterEach, describe, expect, test } from 'vitest'
import { openLmdbBatchViews } from '../../../drivers/views/lmdb.ts'
import { describeBatchViews } from '../../contracts/views.ts'
import { ALL, cellsOf, HOUR, METRIC, shapes } from '../../contracts/views-kit.ts'
import { type LmdbFolder, openFolder } from './lmdb-folder.ts'

describeBatchViews('LMDB', async metricShapes => {
  const { root, dispose } = openFolder()
  return { views: openLmdbBatchViews(root, metricShapes), dispose }
})

describe('batch views on LMDB', () => {
  const folders: LmdbFolder[] = []
  afterEach(async () => {
    for (const folder of folders.splice(0)) await folder.dispose()
  })
  const openOne = (path?: string) => {
    const folder = openFolder(path)
    folders.push(folder)
    return folder
  }
  const boundary = { epoch: 0, generation: 1, run: 'run-1', movedAt: 1 }

  test('are there after the environment was closed and opened again', async () => {
    const { root, path } = openOne()
    const before = openLmdbBatchViews(root, shapes)
    await before.write(METRIC, 1, [{ window: 0, group: '{}', cells: cellsOf(3) }])
    await before.moveBoundary(METRIC, boundary)
    await root.close()
    folders.pop()
    const after = openLmdbBatchViews(openOne(path).root, shapes)
    expect(await after.query(ALL)).toEqual({
      ...{ boundary, partials: [{ window: 0, group: '{}', cells: cellsOf(3) }] },
    })
  })

  test('show a boundary to another opened environment as soon as it has moved', async () => {
    const { root, path } = openOne()
    const second = open({ path, compression: false })
    const reader = openLmdbBatchViews(second, shapes)
    expect(await reader.boundary(METRIC)).toBeUndefined()
    const writer = openLmdbBatchViews(root, shapes)
    await writer.write(METRIC, 1, [{ window: 0, group: '{}', cells: cellsOf(3) }])
    expect((await reader.query(ALL)).partials).toEqual([])
    await writer.moveBoundary(METRIC, boundary)
    expect((await reader.query(ALL)).partials).toHaveLength(1)
    await second.close()
  })

  test('answer every query of another thread from one generation while runs commit', async () => {
    const [generations, partials] = [40, 120]
    const { root, path } = openOne()
    const reader = openLmdbBatchViews(root, shapes)
    const worker = new Worker(join(import.meta.dirname, 'lmdb-writer.ts'), {
      workerData: { path, generations, partials },
    })
    const done = once(worker, 'message')
    let running = true
    void done.then(() => {
      running = false
    })
    const seen = new Set<number>()
    for (; running; await turn()) {
      const answer = await reader.query(ALL)
      const generation = answer.boundary?.generation ?? 0
      seen.add(generation)
      expect(new Set(answer.partials.map(({ cells }) => cells[0]))).toEqual(
        new Set(generation > 0 ? [generation] : []),
      )
      expect(answer.partials).toHaveLength(generation > 0 ? partials : 0)
    }
    await done
    await worker.terminate()
    expect((await reader.query(ALL)).boundary?.generation).toBe(generations)
    expect(seen.size).toBeGreaterThan(2)
  })

  test('find named groups alike by looking each up and by walking the range', async () => {
    const views = openLmdbBatchViews(openOne().root, shapes)
    const windows = Array.from({ length: 30 }, (_, i) => (i - 10) * HOUR)
    await views.write(
      METRIC,
      1,
      windows.flatMap(window => ['{"a":1}', '{"a":2}'].map(group => ({ window, group, cells: cellsOf(1) }))),
    )
    await views.moveBoundary(METRIC, boundary)
    const many = Array.from({ length: 10_001 }, (_, i) => `{"a":${i + 2}}`)
    const walked = await views.query({ ...ALL, groups: many })
    const looked = await views.query({ ...ALL, groups: ['{"a":2}'] })
    expect(walked.partials).toEqual(looked.partials)
    expect(looked.partials).toHaveLength(30)
  })
})
