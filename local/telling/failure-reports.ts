import type { Logger } from 'pino'
import { remedyOf } from '../../core/remedies.ts'

/** A kind that goes on failing is told again after this time, with how often it did, ms. */
const AGAIN_AFTER_MS = 300_000
/** Kinds that are remembered; of more, the one that was told first is told again at once. */
const MOST_KINDS = 200
/** Characters by which kinds are told apart. */
const KIND_LENGTH = 300

/** Where failures are reported. */
export type FailureReports = {
  report(failure: Error, route?: string): void
  /** Says what has not been said yet. */
  stop(): void
}

type Kind = { readonly failure: Error; readonly route: string | undefined; more: number; since: number }

/**
 * Logs failures: each kind at once, with its remedy, and the same kind again only after five minutes, with
 * how many there were. So a disk that is full is one line of the log and not one a request, and nothing is
 * silent.
 */
export function createFailureReports(
  logger: Pick<Logger, 'error'>,
  { againAfterMs = AGAIN_AFTER_MS, now = Date.now } = {},
): FailureReports {
  // In the order of their last line, so that the first is due first.
  const kinds = new Map<string, Kind>()

  const say = ({ failure, route, more, since }: Kind): void => {
    const remedy = remedyOf(failure)
    const often = more === 0 ? {} : { times: more, forMs: now() - since }
    logger.error({ err: failure, ...(route !== undefined && { route }), remedy, ...often }, failure.message)
  }
  const sayDue = (isDue: (since: number) => boolean): void => {
    for (const [key, kind] of kinds) {
      if (!isDue(kind.since)) return
      kinds.delete(key)
      if (kind.more === 0) continue
      say(kind)
      kinds.set(key, { ...kind, more: 0, since: now() })
    }
  }
  const timer = setInterval(() => sayDue(since => now() - since >= againAfterMs), againAfterMs / 10)
  timer.unref()

  return {
    report(failure, route) {
      const key = kindOf(failure, route)
      const known = kinds.get(key)
      if (known !== undefined) {
        known.more++
        return
      }
      if (kinds.size >= MOST_KINDS) forgetFirst()
      const kind = { failure, route, more: 0, since: now() }
      kinds.set(key, kind)
      say(kind)
    },
    stop() {
      clearInterval(timer)
      sayDue(() => true)
    },
  }

  function forgetFirst(): void {
    for (const [key, kind] of kinds) {
      kinds.delete(key)
      if (kind.more > 0) say(kind)
      return
    }
  }
}

/** Numbers, ids of runs and the like do not make another kind. */
function kindOf({ name, message }: Error, route = ''): string {
  const text = message.slice(0, KIND_LENGTH).replaceAll(/[\w-]*\d[\w-]*/g, '#')
  return `${name} ${route} ${text}`
}
