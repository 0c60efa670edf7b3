import { parentPort, workerData } from 'node:worker_threads'
import { open } from 'lmdb'
import { openLmdbBatchViews } from '../../../drivers/views/lmdb.ts'
import { cellsOf, HOUR, METRIC, shapes } from '../../contracts/views-kit.ts'

/**
 * The batch worker of the test: writes generation after generation, each giving every partial the
 * generation's number and then moving the boundary, until it has written as many as asked for.
 */
const { path, generations, partials } = workerData as { path: string; generations: number; partials: number }
const root = open({ path, compression: false })
const views = openLmdbBatchViews(root, shapes)
for (let generation = 1; generation <= generations; generation++) {
  const entries = Array.from({ length: partials }, (_, i) => ({
    ...{ window: i * HOUR, group: '{}', cells: cellsOf(generation) },
  }))
  // In parts, as a run writes them.
  for (let at = 0; at < partials; at += 50) await views.write(METRIC, generation, entries.slice(at, at + 50))
  await views.moveBoundary(METRIC, { epoch: generation, generation, run: `run-${generation}`, movedAt: 0 })
}
await root.close()
parentPort!.postMessage('done')
