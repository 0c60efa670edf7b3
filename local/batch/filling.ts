import { setTimeout as sleep } from 'node:timers/promises'
import { type TributaryError, toTributaryError } from '../../core/errors.ts'

export type FillingSettings = {
  /** Names of metrics and types of which live numbers lack events that raw data has. */
  readonly uncounted: () => Promise<readonly string[]>
  /** Whether a replay waits or goes on already. */
  readonly isUnderWay: () => Promise<boolean>
  readonly replay: (only: readonly string[]) => Promise<unknown>
  readonly report: (failure: TributaryError) => void
  /** How long to wait for a replay before another one is begun, ms, at first and at most. */
  readonly pauseMs?: number
  readonly longestPauseMs?: number
}

/**
 * Has live numbers filled with what came in before their metric was declared: by a run of `replay`, and by a
 * further one where that failed, after a pause that doubles. It ends by itself once nothing lacks anything:
 * at the latest when a batch has published the epochs in question.
 *
 * @returns once the first run is in line, how to end it
 */
export async function startFilling(settings: FillingSettings): Promise<{ stop(): Promise<void> }> {
  const { uncounted, isUnderWay, replay, report } = settings
  const { pauseMs = 60_000, longestPauseMs = 3_600_000 } = settings
  const stopping = new AbortController()

  /** Whether there is nothing to wait for. */
  const step = async (): Promise<boolean> => {
    try {
      const only = await uncounted()
      if (only.length > 0 && !(await isUnderWay())) await replay(only)
      return only.length === 0
    } catch (error) {
      report(toTributaryError(error))
      return false
    }
  }

  const goOn = async (): Promise<void> => {
    for (let pause = pauseMs; ; pause = Math.min(2 * pause, longestPauseMs)) {
      await sleep(pause, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined)
      if (stopping.signal.aborted || (await step())) return
    }
  }

  const ended = (await step()) ? Promise.resolve() : goOn()
  return {
    stop() {
      stopping.abort()
      return ended
    },
  }
}
