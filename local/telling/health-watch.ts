import type { Logger } from 'pino'
import type { HealthReport } from '../../functions/health.ts'

const LOOK_EVERY_MS = 10_000
/** A part that stays degraded is told again after this time, ms. */
const AGAIN_AFTER_MS = 900_000
/** A part that is well for as long is told to be: one that comes and goes is one line, not hundreds, ms. */
const WELL_AFTER_MS = 30_000

type Part = HealthReport['parts'][string]

/** What has been told of a part that is, or was just now, degraded. */
type Told = {
  readonly since: number
  readonly at: number
  readonly remedy: string
  /** Since when it has been well. */
  readonly well?: number
}

/**
 * Logs when a part of the platform becomes degraded, with what is wrong and what to do, every fifteen minutes
 * while it stays so, and when it is well again. Health alone would tell only who asks.
 */
export function watchHealth(
  health: () => Promise<HealthReport>,
  logger: Pick<Logger, 'warn' | 'info'>,
  { lookEveryMs = LOOK_EVERY_MS, now = Date.now } = {},
): { stop(): void } {
  const known = new Map<string, Told>()
  let isLooking = false

  const tellWell = (name: string, told: Told): void => {
    const { well = now() } = told
    if (now() - well < WELL_AFTER_MS) return void known.set(name, { ...told, well })
    known.delete(name)
    logger.info({ part: name, afterMs: well - told.since }, `${name} is well again`)
  }
  const tellDegraded = (name: string, { status, remedy, ...details }: Part, told: Told | undefined): void => {
    const what = typeof remedy === 'string' ? remedy : 'GET /v1/health says how each part is'
    const { since = now(), at = 0 } = told ?? {}
    if (told?.remedy === what && now() - at < AGAIN_AFTER_MS)
      return void known.set(name, { since, at, remedy: what })
    known.set(name, { since, at: now(), remedy: what })
    const forMs = now() - since
    logger.warn({ part: name, remedy: what, forMs, ...withoutKeys(details) }, `${name} is degraded: ${what}`)
  }
  const look = async (): Promise<void> => {
    if (isLooking) return
    isLooking = true
    // A part that does not answer is part of the report, which is always made.
    const { parts } = await health()
    for (const [name, part] of Object.entries(parts)) {
      const told = known.get(name)
      if (part.status === 'degraded') tellDegraded(name, part, told)
      else if (part.status === 'ok' && told !== undefined) tellWell(name, told)
    }
    isLooking = false
  }
  const timer = setInterval(() => void look(), lookEveryMs)
  timer.unref()
  return { stop: () => clearInterval(timer) }
}

/** Keys of groups are values of events: health shows them to keys that may read, the log has none. */
function withoutKeys({
  held,
  ...details
}: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (!Array.isArray(held)) return details
  return { ...details, held: held.map(({ keys, ...rest }: Readonly<Record<string, unknown>>) => rest) }
}
