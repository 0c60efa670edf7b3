import { TributaryError } from '../../core/errors.ts'
import type { RealTimeViews } from '../../core/ports/views.ts'
import { createApplySpeed } from '../../steps/apply-speed.ts'
import { type Container, type Fate, underFate } from './dynamodb-layer.ts'
import { createRandom } from './faulty-ports.ts'
import type { LoggedRecord } from './received-log.ts'
import type { Scenario, Step } from './scenario.ts'
import { createShards, type Shard } from './shard.ts'

/** After step `after`, the partitions are spread over so many shards. */
export type Reshard = { readonly after: number; readonly shards: number }

/** Handlers run in one of so many containers, any of them. */
const CONTAINERS = 3
/** Deliveries of a batch until it counts as stuck. */
const MAX_DELIVERIES = 30

/**
 * Plays a scenario with the drivers that keep everything in DynamoDB, and then delivers the rest; returns the
 * views of a new container. A restart replaces all containers and goes back to the checkpoint's positions:
 * what was stored stays.
 */
export async function playOnDynamodb(
  open: (random: () => number) => Container,
  { shards: count, steps, seed, reshards }: Scenario & { readonly reshards: readonly Reshard[] },
  log: readonly LoggedRecord[],
): Promise<RealTimeViews> {
  const random = createRandom(seed)
  const openAll = () => Array.from({ length: CONTAINERS }, () => open(random))
  let containers = openAll()
  let shards = createShards(log, count)
  let checkpoint = shards.map(() => 0)

  /** One delivery to any container; false where it has to come again. */
  async function attempt({ records }: Shard, from: number, to: number, crashAt?: number): Promise<boolean> {
    const batch = records.slice(from, to)
    if (batch.length === 0) return true
    const container = containers[Math.floor(random() * CONTAINERS)]!
    const fate: Fate = { crashAt, requests: 0, dead: false }
    try {
      const { unreadable } = await underFate(fate, random, () => createApplySpeed(container)(batch))
      if (unreadable.length > 0) throw new Error(unreadable[0]!.reason)
      return true
    } catch (error) {
      if (fate.dead || (error instanceof TributaryError && error.retryable)) return false
      throw error
    }
  }

  async function advance(shard: Shard, take: number, crashAt?: number): Promise<void> {
    const to = Math.min(shard.next + take, shard.records.length)
    for (let i = 0, dies = crashAt; !(await attempt(shard, shard.next, to, dies)); i++, dies = undefined)
      if (i === MAX_DELIVERIES) throw new Error('a batch was not applied')
    shard.next = to
  }

  async function play(step: Step): Promise<void> {
    const shard = 'shard' in step ? shards[step.shard % shards.length]! : shards[0]!
    switch (step.kind) {
      case 'deliver':
        return advance(shard, step.take, step.crashAt)
      case 'bisect':
        await attempt(shard, shard.next, shard.next + step.take, step.crashAt)
        await advance(shard, Math.ceil(step.take / 2))
        return advance(shard, Math.floor(step.take / 2))
      case 'rewind':
        shard.next = Math.max(0, shard.next - step.by)
        return
      case 'twice': {
        const to = shard.next + step.other
        await Promise.all([attempt(shard, shard.next, to, step.crashAt), advance(shard, step.take)])
        return
      }
      case 'together':
        // Every shard has a handler, and one that was given up for dead, with a batch that reaches over both
        // its ends or not.
        await Promise.all(
          shards.flatMap(each => [
            attempt(each, Math.max(0, each.next - step.take), each.next + Math.ceil(step.take / 2)),
            advance(each, step.take, step.crashAt),
          ]),
        )
        return
      case 'checkpoint':
        checkpoint = shards.map(({ next }) => next)
        return
      case 'restart':
        containers = openAll()
        shards.forEach((each, i) => {
          each.next = Math.min(each.next, checkpoint[i]!)
        })
        return
    }
  }

  /** The children of a reshard begin where the last of the parents ends; those before it catch up first. */
  async function reshard(to: number): Promise<void> {
    const reached = new Set(shards.flatMap(({ records, next }) => records.slice(0, next)))
    const end = log.findLastIndex(record => reached.has(record)) + 1
    const before = new Set(log.slice(0, end))
    const ownEnd = ({ records }: Shard) => records.filter(record => before.has(record)).length
    await Promise.all(shards.map(each => advance(each, ownEnd(each) - each.next)))
    shards = createShards(log, to)
    for (const each of shards) each.next = ownEnd(each)
    checkpoint = shards.map(({ next }) => next)
  }

  for (const [i, step] of steps.entries()) {
    await play(step)
    for (const { after, shards: to } of reshards) if (after === i) await reshard(to)
  }
  await Promise.all(shards.map(shard => advance(shard, shard.records.length)))
  return open(random).views
}
