import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { boundaryIds } from '../../../core/declare/boundary-ids.ts'
import type { Pipeline } from '../../../core/declare/pipeline.ts'
import type { TributaryError } from '../../../core/errors.ts'
import type { DeadLetters } from '../../../core/ports/dead-letters.ts'
import { type EmbeddedPaths, laneFolder, openLaneEngines } from '../../../drivers/compose/embedded.ts'
import { openEmbeddedLogReader } from '../../../drivers/compose/embedded-lines.ts'
import type { MarkerTable } from '../../../drivers/markers/table/table.ts'
import { committedEnd, type LogShared, readableFrom } from '../../../drivers/stream/log/shared.ts'
import { allRows, rowsIn } from '../../../drivers/views/memory/epochs.ts'
import { itemAt, putItem } from '../../../drivers/views/memory/rows.ts'
import { createConsumer } from '../../../functions/sources/speed.ts'
import { createApplySpeed } from '../../../steps/apply-speed.ts'
import { createHeldReader } from '../held-reader.ts'
import { startPump } from '../pump.ts'
import { readLanes, writeLanes } from './lanes-file.ts'

export type SettleOptions = {
  readonly paths: EmbeddedPaths
  readonly pipeline: Pipeline
  readonly shared: LogShared
  readonly markers: MarkerTable
  readonly deadLetters: Pick<DeadLetters, 'put'>
  readonly report: (failure: TributaryError) => void
  readonly progress: (how: string) => void
}

type Engines = ReturnType<typeof openLaneEngines>

const POLL_MS = 5

/**
 * Has real-time views that another number of lanes left go on in this one, without loss.
 *
 * What a crash left of lanes is no common place of the log: an item may hold more than its lane's position
 * says. So the old lanes first read to the log's end, as they would have; from there on every item holds
 * exactly what is before that place, and whichever lane takes it over adds only what comes after. The new
 * lanes' folder counts once the file that names their number is replaced: a crash before that begins again
 * with the old ones.
 */
export async function settleLanes(options: SettleOptions, lanes: number): Promise<void> {
  const { paths, pipeline } = options
  const before = await readLanes(paths)
  if (before?.lanes === lanes) return
  if (before !== undefined) await move(options, before.lanes, lanes)
  // Lanes that begin with the log count all there is in it.
  const since = before?.since ?? Object.fromEntries(boundaryIds(pipeline).map(id => [id, 0]))
  await writeLanes(paths, { lanes, since })
  if (before !== undefined) await rm(laneFolder(paths, before.lanes), { recursive: true, force: true })
}

async function move(options: SettleOptions, before: number, lanes: number): Promise<void> {
  const { paths, pipeline, markers, shared } = options
  const end = committedEnd(shared)
  const old = Array.from({ length: before }, (_, lane) => openLaneEngines(paths, pipeline, lane, before))
  await applyThrough(options, old, end)
  await rm(laneFolder(paths, lanes), { recursive: true, force: true })
  for (let lane = 0; lane < lanes; lane++) {
    const engines = openLaneEngines(paths, pipeline, lane, lanes)
    for (const { views } of old) take(engines, views, lane, lanes)
    await engines.checkpoint.save(end)
    await engines.close()
  }
  for (const { close } of old) await close()
  // The new lanes never claim again what was applied here.
  await markers.checkpoint()
}

function take({ views }: Engines, from: Engines['views'], lane: number, lanes: number): void {
  for (const rows of allRows(from.index))
    for (let row = 0; row < rows.count; row++) {
      if (rows.lane[row]! % lanes !== lane) continue
      putItem(rowsIn(views.index, rows.metric, rows.epoch, rows.kinds), itemAt(rows, row))
    }
}

/** Has lanes apply, in this thread, all that the log holds before a place. */
async function applyThrough(options: SettleOptions, lanes: readonly Engines[], end: number): Promise<void> {
  const { paths, pipeline, shared, markers, deadLetters, report, progress } = options
  const reader = openEmbeddedLogReader(paths, shared)
  const folder = laneFolder(paths, lanes.length)
  const from = Math.min(...lanes.map(({ checkpoint }) => readableFrom(shared, checkpoint.position, folder)))
  const consume = createConsumer({
    applySpeed: createApplySpeed({
      ...{ pipeline, markers, lanes: lanes.length },
      views: {
        absorb: (fold, entries) => {
          for (const [lane, { views }] of lanes.entries())
            views.absorb(
              fold,
              entries.filter(entry => entry.lane === lane),
            )
        },
      },
    }),
    deadLetters,
    report: () => undefined,
  })
  const pump = startPump({
    ...{ reader: createHeldReader(reader, { end }), shared, consumer: 'speed', from, report },
    onPosition: () => undefined,
    onFailure: deadLetters.put,
    handler: records => consume(records, 'log'),
  })
  while (pump.position() < end) {
    progress(`changing the number of lanes, ${mega(pump.position())} of ${mega(end)} MB of the log`)
    if (pump.stats().state === 'failed') throw pump.stats().lastError
    await sleep(POLL_MS)
  }
  await pump.stop()
  reader.close()
}

const mega = (bytes: number) => (bytes / 1e6).toFixed(0)
