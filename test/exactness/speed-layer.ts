import { metricShapes } from '../../core/declare/metric-kinds.ts'
import type { Claim, Markers } from '../../core/ports/markers.ts'
import type { Item, RealTimeViews } from '../../core/ports/views.ts'
import { allRows } from '../../drivers/views/memory/epochs.ts'
import { createMemoryViews, type MemoryViews } from '../../drivers/views/memory/memory.ts'
import { itemAt } from '../../drivers/views/memory/rows.ts'
import { CLOCK } from '../arbitraries.ts'
import type { Declared } from '../declared.ts'
import { createRandom, faultyPorts, remotely } from './faulty-ports.ts'
import { mappedMarkers } from './mapped-markers.ts'
import type { LoggedRecord } from './received-log.ts'
import type { Scenario, Step } from './scenario.ts'
import { createShards, deliver, type Shard } from './shard.ts'

type Checkpoint = {
  readonly positions: readonly number[]
  readonly items: ReadonlyMap<string, Item>
  readonly claims: ReadonlyMap<string, readonly Claim[]>
}

export type Engines = {
  /** Markers that a restart finds as they were. */
  readonly durable?: Markers
  /** Undefined: a lane a partition. */
  readonly lanes?: number | undefined
  /** Whether views are changed in place, as on one machine, or by reads and conditional puts. */
  readonly inPlace?: boolean
}

/**
 * Plays a scenario over a log and then delivers the rest; returns the views as they stand at the end.
 */
export async function playSpeedLayer(
  { pipeline }: Declared,
  { shards: count, steps, seed }: Scenario,
  log: readonly LoggedRecord[],
  { durable, lanes, inPlace = false }: Engines = {},
): Promise<RealTimeViews> {
  const random = createRandom(seed)
  const shapes = metricShapes(pipeline)
  const mapped = mappedMarkers(CLOCK.horizon * CLOCK.epochLength)
  const markers = durable ?? mapped
  const shards = createShards(log, count)
  let views = createMemoryViews(shapes)
  let checkpoint: Checkpoint = { positions: shards.map(() => 0), items: new Map(), claims: new Map() }

  const attempt = (shard: Shard, from: number, to: number, crashAt?: number) =>
    deliver(shard, from, to, {
      ...{ pipeline, ...(lanes !== undefined && { lanes }) },
      ...faultyPorts({ markers, views: inPlace ? views : remotely(views) }, random, crashAt),
    })

  /** Delivers until it succeeds, as an event source mapping does. */
  async function advance(shard: Shard, take: number, crashAt?: number): Promise<void> {
    const to = Math.min(shard.next + take, shard.records.length)
    if (!(await attempt(shard, shard.next, to, crashAt))) await attempt(shard, shard.next, to)
    shard.next = to
  }

  async function play(step: Step): Promise<void> {
    const shard = 'shard' in step ? shards[step.shard % count]! : shards[0]!
    switch (step.kind) {
      case 'deliver':
        return advance(shard, step.take, step.crashAt)
      case 'bisect': {
        await attempt(shard, shard.next, shard.next + step.take, step.crashAt)
        await advance(shard, Math.ceil(step.take / 2))
        return advance(shard, Math.floor(step.take / 2))
      }
      case 'rewind':
        shard.next = Math.max(0, shard.next - step.by)
        return
      case 'twice': {
        const to = shard.next + step.other
        await Promise.all([attempt(shard, shard.next, to, step.crashAt), advance(shard, step.take)])
        return
      }
      case 'together':
        await Promise.all(shards.map(each => advance(each, step.take, step.crashAt)))
        return
      case 'checkpoint':
        checkpoint = {
          positions: shards.map(each => each.next),
          items: itemsIn(views),
          claims: mapped.copy(),
        }
        return
      case 'restart':
        return restart()
    }
  }

  /** Each item and each marker is as the checkpoint has it, or as it was at the crash. */
  async function restart(): Promise<void> {
    const keepsNewer = () => random() < 0.5
    const kept = new Map(checkpoint.items)
    const before = itemsIn(views)
    for (const [key, item] of before) if (keepsNewer()) kept.set(key, item)
    views = createMemoryViews(shapes)
    await views.write([...kept.values()].map(item => ({ item, expected: undefined })))
    mapped.restart(checkpoint.claims, keepsNewer)
    shards.forEach((shard, i) => {
      shard.next = checkpoint.positions[i]!
    })
  }

  for (const step of steps) await play(step)
  await Promise.all(shards.map(shard => advance(shard, shard.records.length)))
  return views
}

/** Every item as it stands, so that a test can make a checkpoint of it. */
function itemsIn({ index }: MemoryViews): ReadonlyMap<string, Item> {
  const items = new Map<string, Item>()
  for (const rows of allRows(index))
    for (let row = 0; row < rows.count; row++) {
      const item = itemAt(rows, row)
      items.set(`${item.metric}|${item.epoch}|${item.id}`, item)
    }
  return items
}
