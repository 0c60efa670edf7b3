import { parseCell } from '../../core/cells/cells.ts'
import { TALLY_GROUP, TALLY_WINDOW, tallyId } from '../../core/cells/tally.ts'
import type { Metric } from '../../core/declare/metric-plan.ts'
import { TributaryError } from '../../core/errors.ts'
import { replayFolder } from '../../core/lake/lake-paths.ts'
import type { CountedSince } from '../../core/ports/counted-since.ts'
import type { LakeRow } from '../../core/ports/lake-engine.ts'
import type { SpeedControl, SpeedPause } from '../../core/ports/stream/speed-control.ts'
import { type Item, itemId, type RealTimeViews } from '../../core/ports/views.ts'
import { aggregate, GROUP_COLUMN, WINDOW_COLUMN } from '../../core/sql/aggregate.ts'
import { LANE_COLUMN } from '../../core/sql/curated.ts'
import { countedByLane, receivedByLane } from '../../core/sql/refine.ts'
import { contractOf, requireNamed } from '../batch/lookup.ts'
import type { TaskResult } from '../batch/task.ts'
import { floorsOf } from './floors.ts'
import {
  type Floors,
  type OpenEpoch,
  type OpenEpochPorts,
  refineOpenEpochs,
  refineWholeFiles,
} from './open-epochs.ts'

export type ReplayPorts = OpenEpochPorts & {
  readonly speed: Pick<RealTimeViews, 'write' | 'drop'>
  readonly control: SpeedControl
  readonly countedSince: CountedSince
}

/**
 * `only`: names of metrics and event types, a type with its metrics; the others stay as they are. Default:
 * all.
 */
export type ReplayTask = { readonly only?: readonly string[] | undefined }

export type ReplayResult = TaskResult<{ readonly items: number }>

export type Replay = (task?: ReplayTask) => Promise<ReplayResult>

/** Items of one write. */
const CHUNK = 2000
/** After every event of a record: the rebuilt items hold all of it. */
const LAST_INDEX = Number.MAX_SAFE_INTEGER

/**
 * Builds the replay step: real-time views made anew from raw data, for every epoch after the boundaries.
 *
 * The numbers come from the batch layer's SQL, lane by lane; each item gets the position at which the speed
 * layer was paused. Live events after it then apply as ever, and redelivered ones before it do not: no
 * stand-in for real positions is needed. Run again after a crash, it begins again from nothing: only once the
 * views are durable is it noted since when they are whole.
 *
 * @throws (the step) TributaryError `bad_request` for a name that is not declared
 */
export function createReplay(ports: ReplayPorts): Replay {
  return async ({ only } = {}) => {
    const ids = requireNamed(ports.pipeline, only)
    // No other run moves a boundary meanwhile.
    const floors = await floorsOf(ports, ids)
    await refineWholeFiles(ports, floors)
    const pause = await ports.control.pause()
    try {
      const epochs = await refineOpenEpochs(ports, floors)
      for (const id of ids) await ports.speed.drop(id, 'all')
      const counts = { items: 0, epochs: 0 }
      for (const open of epochs) await rebuildEpoch(ports, open, pause, counts)
      await ports.countedSince.note(wholeAfter(floors, ports.epochLength))
      for (const { type, epoch } of epochs) await ports.lake.remove(replayFolder(type, epoch))
      return { items: counts.items, report: { rebuilt: counts } }
    } finally {
      await ports.control.resume()
    }
  }
}

/** Since when what was rebuilt after those floors is whole. */
function wholeAfter(floors: Floors, epochLength: number): ReadonlyMap<string, number> {
  return new Map([...floors].map(([id, floor]) => [id, floor === -Infinity ? 0 : floor + epochLength]))
}

async function rebuildEpoch(
  ports: ReplayPorts,
  open: OpenEpoch,
  pause: SpeedPause,
  counts: { items: number; epochs: number },
): Promise<void> {
  const { engine } = ports
  counts.epochs += 1
  if (open.hasTally) counts.items += await rebuildTally(ports, open, pause)
  if (open.rows.parts.length === 0) return
  for (const metric of open.metrics) {
    const partials = aggregate(engine.dialect, metric, [open.rows], {
      sketches: 'counted',
      lanes: pause.lanes,
    })
    await engine.session(async session => {
      for await (const rows of session.stream(partials)) {
        const items = rows.map(row => itemOf(metric, open.epoch, row, pause))
        for (let i = 0; i < items.length; i += CHUNK) await store(ports, items.slice(i, i + CHUNK))
        counts.items += items.length
      }
    })
  }
}

async function rebuildTally(ports: ReplayPorts, open: OpenEpoch, pause: SpeedPause): Promise<number> {
  const { pipeline, engine } = ports
  if (open.raw.parts.length === 0) return 0
  const contract = contractOf(pipeline, open.type)
  const [received, counted] = await engine.session(async session => [
    await session.rows(receivedByLane(engine.dialect, contract, open.raw, pause.lanes)),
    open.rows.parts.length === 0
      ? []
      : await session.rows(countedByLane(engine.dialect, open.rows, pause.lanes)),
  ])
  const countedOf = new Map(counted.map(row => [Number(row[LANE_COLUMN]), Number(row['counted'])]))
  const items = received.map((row): Item => {
    const lane = Number(row[LANE_COLUMN])
    return {
      id: itemId(TALLY_GROUP, TALLY_WINDOW, lane),
      metric: tallyId(open.type),
      group: TALLY_GROUP,
      window: TALLY_WINDOW,
      epoch: open.epoch,
      lane,
      position: { sequence: pause.sequenceOf(lane), index: LAST_INDEX },
      cells: [Number(row['received']), countedOf.get(lane) ?? 0],
    }
  })
  await store(ports, items)
  return items.length
}

function itemOf(metric: Metric, epoch: number, row: LakeRow, pause: SpeedPause): Item {
  const [window, group] = [Number(row[WINDOW_COLUMN]), String(row[GROUP_COLUMN])]
  const lane = Number(row[LANE_COLUMN])
  return {
    id: itemId(group, window, lane),
    metric: metric.id,
    group,
    window,
    epoch,
    lane,
    position: { sequence: pause.sequenceOf(lane), index: LAST_INDEX },
    cells: metric.cells.map(({ kind, name }) => parseCell(kind, (row[name] ?? null) as string | null)),
  }
}

async function store({ speed }: ReplayPorts, items: readonly Item[]): Promise<void> {
  const stored = await speed.write(items.map(item => ({ item, expected: undefined })))
  if (stored.every(Boolean)) return
  throw new TributaryError('conflict', 'another writer changes the real-time views while they are rebuilt')
}
