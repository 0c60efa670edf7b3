import { setTimeout as sleep } from 'node:timers/promises'
import { floorTo } from '../../core/data/time.ts'
import { type TributaryError, toTributaryError } from '../../core/errors.ts'
import type { RefineAhead } from '../../steps/batch/refine/refine-ahead.ts'

export type RefiningAheadSettings = {
  readonly types: Iterable<string>
  readonly refineAhead: RefineAhead
  /** ms. */
  readonly epochLength: number
  /** ms since 1970. */
  readonly now: () => number
  /** Whether something that matters more has work to do: then nothing is begun. */
  readonly isBusy: () => Promise<boolean>
  /** Runs work while the refine step of a batch run does not. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>
  readonly report: (failure: TributaryError) => void
  /** How long to wait when there was nothing to do, ms (5,000). */
  readonly idleMs?: number
  /** How long after a failure, ms (60,000). What cannot be refined now, the batch run will say. */
  readonly failedMs?: number
}

const FAILED_MS = 60_000

/**
 * Refines raw files of the epoch that is open, as they become whole. It is work that can wait, so it takes
 * little: one file at a time, after each a rest as long as the work was, nothing while a run is going on or
 * events take most of the cores.
 *
 * @returns how to end it: resolves when the file in hand is done
 */
export function startRefiningAhead(settings: RefiningAheadSettings): { stop(): Promise<void> } {
  const { idleMs = 5000, failedMs = FAILED_MS } = settings
  const stopping = new AbortController()
  const rest = (ms: number) =>
    sleep(ms, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined)
  const step = partMaker(settings)

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const begun = performance.now()
      const made = await step().catch(error => {
        settings.report(toTributaryError(error))
        return 'failed' as const
      })
      await rest(made === 'failed' ? failedMs : made ? performance.now() - begun : idleMs)
    }
  }
  const ended = run()
  return {
    stop() {
      stopping.abort()
      return ended
    },
  }
}

/** Makes at most one part of each type; says whether it made any. A type that fails rests by itself. */
function partMaker(settings: RefiningAheadSettings) {
  const { types, refineAhead, epochLength, now, isBusy, alone, report, failedMs = FAILED_MS } = settings
  const restsUntil = new Map<string, number>()
  let of = Number.NaN
  const parts = new Map<string, number>()
  return async (): Promise<boolean> => {
    let made = false
    for (const type of types) {
      if ((restsUntil.get(type) ?? 0) > performance.now()) continue
      if (await isBusy()) return made
      await alone(async () => {
        const epoch = floorTo(now(), epochLength)
        if (epoch !== of) parts.clear()
        of = epoch
        const there = await refineAhead({ type, epoch })
        made ||= there > (parts.get(type) ?? 0)
        parts.set(type, there)
      }).catch(error => {
        restsUntil.set(type, performance.now() + failedMs)
        report(toTributaryError(error))
      })
    }
    return made
  }
}
