import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { floorTo } from '../core/data/time.ts'
import { toTributaryError } from '../core/errors.ts'
import type { Holds } from '../core/ports/holds.ts'
import type { BatchViews } from '../core/ports/views.ts'
import { createFollow, type Follow, type FollowPorts } from '../steps/follow/follow.ts'
import { type LaneWords, viewsMark } from './stream/lanes/lane-words.ts'

export type FollowingOptions = Pick<FollowPorts, 'listeners' | 'process' | 'report'> & {
  readonly words: LaneWords
  readonly batchViews: Pick<BatchViews, 'boundary'>
  readonly holds: Pick<Holds, 'list'>
  /** ms. */
  readonly epochLength: number
  readonly now: () => number
}

/** Between two looks at what has changed, ms. */
const LOOK_EVERY = 250
/** Between two looks at who reads, ms. */
const BEAT_EVERY = 1000

/** Answers that are kept up in this process, while there is somebody who reads them. */
export function startFollowing(options: FollowingOptions): Pick<Follow, 'open' | 'close'> {
  const { listeners, process, report } = options
  const ending = new AbortController()
  const follow = createFollow({
    ...{ listeners, process, report },
    changeMark: changeMarkOf(options),
    now: () => performance.now(),
    pause: ms => (ms < 1 ? turn() : sleep(ms)),
  })
  void repeat(follow.look, LOOK_EVERY)
  void repeat(follow.beat, BEAT_EVERY)

  async function repeat(work: () => Promise<void>, everyMs: number): Promise<void> {
    while (!ending.signal.aborted) {
      await sleep(everyMs, undefined, { ref: false, signal: ending.signal }).catch(() => undefined)
      await work().catch((error: unknown) => report(toTributaryError(error)))
    }
  }

  return {
    open: follow.open,
    close() {
      ending.abort()
      follow.close()
    },
  }
}

/**
 * Real-time views change by what lanes apply and by what replays and commits write, batch views with a
 * boundary. What is held, and since when live numbers are whole, stand beside them; the latter may move with
 * the epoch.
 */
function changeMarkOf({ words, batchViews, holds, epochLength, now }: FollowingOptions) {
  return async (metric: string): Promise<string> => {
    const live = viewsMark(words)
    const boundary = await batchViews.boundary(metric)
    const held = await holds.list()
    return JSON.stringify([live, boundary?.generation, held, floorTo(now(), epochLength)])
  }
}
