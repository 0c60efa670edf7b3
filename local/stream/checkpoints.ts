import { setTimeout as sleep } from 'node:timers/promises'
import { type TributaryError, toTributaryError } from '../../core/errors.ts'

/** Checkpoints one after another. */
export type CheckpointLoop = {
  stats(): { readonly at: number; readonly lastError: string | null }
  /** One more checkpoint, now. @throws what it throws */
  save(): Promise<void>
  /** Ends the loop with one more checkpoint. @throws what that checkpoint throws */
  stop(): Promise<void>
}

/** Time between the end of a checkpoint and the next, ms: what a crash makes the next start apply again. */
const INTERVAL = 2000

/**
 * Starts the loop. A checkpoint that fails is reported and tried again at the next turn: nothing is lost by
 * it.
 */
export function startCheckpoints(options: {
  readonly save: () => Promise<void>
  readonly report: (failure: TributaryError) => void
}): CheckpointLoop {
  const stopping = new AbortController()
  let at = Date.now()
  let lastError: string | null = null
  let last: Promise<unknown> = Promise.resolve()
  /** One at a time, whoever asks. */
  const save = (): Promise<void> => {
    const saved = last.then(options.save)
    last = saved.catch(() => undefined)
    return saved
  }

  const loop = async () => {
    while (!stopping.signal.aborted) {
      await sleep(INTERVAL, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined)
      if (stopping.signal.aborted) return
      try {
        await save()
        at = Date.now()
        lastError = null
      } catch (error) {
        const failure = toTributaryError(error)
        lastError = failure.message
        options.report(failure)
      }
    }
  }
  const ended = loop()

  return {
    stats: () => ({ at, lastError }),
    save,
    async stop() {
      stopping.abort()
      await ended
      await save()
    },
  }
}
