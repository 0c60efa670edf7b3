import { metricShapes } from '../../core/declare/metric-kinds.ts'
import type { Claim, Markers } from '../../core/ports/markers.ts'
import type { Item, RealTimeViews } from '../../core/ports/views.ts'
import { openMemoryViews } from '../../drivers/views/memory/memory.ts'
import { CLOCK } from '../arbitraries.ts'
import type { Declared } from '../declared.ts'
import { createRandom, faultyPorts } from './faulty-ports.ts'
import { mappedMarkers } from './mapped-markers.ts'
import type { LoggedRecord } from './received-log.ts'
import type { Scenario, Step } from './scenario.ts'
import { createShards, deliver, type Shard } from './shard.ts'

type Checkpoint = {
  readonly positions: readonly number[]
  readonly items: ReadonlyMap<string, Item>
  readonly claims: ReadonlyMap<string, readonly Claim[]>
}

/**
 * Plays a scenario over a log and then delivers the rest; returns the views as they stand at the end. Where markers are given,
 * they are durable: a restart finds them as they were.
 * Undefined `lanes`: a lane a partition.
 */
export async function playSpeedLayer(
  { pipeline }: Declared,
  { shards: count, steps, seed }: Scenario,
  log: readonly LoggedRecord[],
  durable?: Markers,
  lanes?: number,
): Promise<RealTimeViews> {
  const random = createRandom(seed)
  const shapes = metricShapes(pipeline)
  const mapped = mappedMarkers(CLOCK.horizon * CLOCK.epochLength)
  const markers = durable ?? mapped
  const shards = createShards(log, count)
  let engine = openKept(openMemoryViews(shapes))
  let checkpoint: Checkpoint = { positions: shards.map(() => 0), items: new Map(), claims: new Map() }

  const attempt = (shard: Shard, from: number, to: number, crashAt?: number) =>
    deliver(shard, from, to, {
      ...{ pipeline, ...(lanes !== undefined && { lanes }) },
      ...faultyPorts({ markers, views: engine.views }, random, crashAt),
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
          items: new Map(engine.items),
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
    for (const [key, item] of engine.items) if (keepsNewer()) kept.set(key, item)
    engine = openKept(openMemoryViews(shapes))
    await engine.views.write([...kept.values()].map(item => ({ item, expected: undefined })))
    mapped.restart(checkpoint.claims, keepsNewer)
    shards.forEach((shard, i) => {
      shard.next = checkpoint.positions[i]!
    })
  }

  for (const step of steps) await play(step)
  await Promise.all(shards.map(shard => advance(shard, shard.records.length)))
  return engine.views
}

/** Views, and all that was ever stored in them as it stands, so that a test can make a checkpoint of any engine. */
function openKept(views: RealTimeViews): {
  readonly views: RealTimeViews
  readonly items: Map<string, Item>
} {
  const items = new Map<string, Item>()
  const write: RealTimeViews['write'] = async writes => {
    const results = await views.write(writes)
    writes.forEach(({ item }, i) => {
      if (results[i]) items.set(`${item.metric}|${item.epoch}|${item.id}`, item)
    })
    return results
  }
  return { views: { ...views, write }, items }
}
