import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { open } from 'lmdb'
import { metricShapes } from '../../core/declare/metric-kinds.ts'
import type { Pipeline } from '../../core/declare/pipeline.ts'
import { openMarkerTable } from '../../drivers/markers/table/table.ts'
import { openViewsCheckpoint } from '../../drivers/views/memory/checkpoint.ts'
import { createMemoryViews } from '../../drivers/views/memory/memory.ts'
import { CLOCK } from '../arbitraries.ts'

// The properties are about what the files say, not about the disk: a memory file system makes its syncs
// cheap.
const PLACE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

/** The speed layer's engines of one machine, opened in a folder of their own. */
export type EmbeddedLayer = Awaited<ReturnType<typeof openEmbeddedLayer>>

export async function openEmbeddedLayer(pipeline: Pipeline, folder = mkdtempSync(join(PLACE, 'speed-'))) {
  const shapes = metricShapes(pipeline)
  const root = open({ path: join(folder, 'views'), compression: false })
  const views = createMemoryViews(shapes)
  const checkpoint = openViewsCheckpoint(root, views, shapes)
  const markers = await openMarkerTable({
    folder: join(folder, 'markers'),
    horizon: CLOCK.horizon,
    epochLength: CLOCK.epochLength,
    capacity: 6,
  })

  return {
    views,
    markers,
    checkpoint,
    /** Everything applied before the call becomes durable; markers first, as their table asks. */
    async save(position: number): Promise<void> {
      await markers.checkpoint()
      await checkpoint.save(position)
    },
    /** What a crash at this moment would leave, in a folder of its own. */
    async remains(): Promise<string> {
      const copy = mkdtempSync(join(PLACE, 'speed-'))
      mkdirSync(join(copy, 'views'))
      await root.backup(join(copy, 'views'), false)
      await copyMarkers(join(folder, 'markers'), join(copy, 'markers'))
      return copy
    },
    async dispose(): Promise<void> {
      await markers.close()
      await root.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A file may be renamed while the folder is copied; the next try sees the state after it. */
async function copyMarkers(from: string, to: string): Promise<void> {
  for (;;) {
    try {
      mkdirSync(to, { recursive: true })
      for (const name of readdirSync(from)) copyFileSync(join(from, name), join(to, name))
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      rmSync(to, { recursive: true, force: true })
      await turn()
    }
  }
}
