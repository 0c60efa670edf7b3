import { pathInstant } from '../../core/data/time.ts'
import { isOverdue, type ShortPorts } from './short-types.ts'
import type { TaskResult } from './task.ts'

export type AwaitRawPorts = ShortPorts

/** `attempt`: how often the run has asked before. */
export type AwaitRawTask = { readonly epoch: number; readonly attempt: number }

export type AwaitRawResult = TaskResult<{
  /**
   * `late`: the raw data is still on its way after more than twenty minutes; the run ends, and the next one
   * asks again.
   */
  readonly status: 'ready' | 'wait' | 'late'
  readonly attempt: number
  /** How long to wait before asking again. */
  readonly seconds: number
}>

export type AwaitRaw = (task: AwaitRawTask) => Promise<AwaitRawResult>

/** Firehose may hold events for fifteen minutes; with the growing pauses this is more than twenty. */
const MAX_ATTEMPTS = 50
const LONGEST_PAUSE = 30
/**
 * How often the speed layer is waited for beyond raw. It is only compared with: published numbers do not
 * depend on it, so a speed layer that stands still must not hold up the batch layer.
 */
const SPEED_ATTEMPTS = 12

/**
 * Builds the step that asks whether the raw lake, and the speed layer, hold all of an epoch. What is lost on
 * its way is not waited for longer than it may take: the types that lack it are held where they are refined,
 * and the others go on.
 */
export function createAwaitRaw(ports: AwaitRawPorts): AwaitRaw {
  return async ({ epoch, attempt }) => {
    const { rawComplete, short = {}, speedComplete } = await ports.ledger.epoch(epoch)
    const isLost = Object.keys(short).length > 0 && (attempt >= MAX_ATTEMPTS || isOverdue(ports, epoch))
    const isReady = (rawComplete || isLost) && (speedComplete || attempt >= SPEED_ATTEMPTS)
    const status = isReady ? 'ready' : attempt >= MAX_ATTEMPTS ? 'late' : 'wait'
    return {
      status,
      attempt: attempt + 1,
      seconds: Math.min(LONGEST_PAUSE, 2 ** Math.max(0, Math.floor(attempt / 2) - 1)),
      report: {
        epochs: {
          [pathInstant(epoch)]: { waited: { attempts: attempt, rawComplete, short, speedComplete } },
        },
      },
    }
  }
}
