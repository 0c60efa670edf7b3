import { floorTo } from '../../core/data/time.ts'
import type { ScheduleDeclaration } from '../../core/declare/schedule.ts'
import { TributaryError } from '../../core/errors.ts'
import { within } from '../deadline.ts'
import { compileCron } from './compile-cron.ts'
import type { FailureLog } from './failure-log.ts'

export type SchedulerSettings = {
  readonly schedules: readonly ScheduleDeclaration[]
  /** Starts a machine; equal starts that still wait should be one. */
  readonly start: (machine: string, input: unknown) => Promise<unknown>
  readonly epochLengthMs: number
  /** How long after the end of an epoch `epoch-close` fires, ms (1,000): ingest gets time to close it. */
  readonly closeDelayMs?: number
  readonly log: FailureLog
  /** ms since 1970 (`Date.now`). */
  readonly now?: () => number
}

export type Scheduler = {
  /** When each schedule fires next, ms since 1970. */
  next(): readonly { readonly name: string; readonly at: number }[]
  /** Longest of the next pauses between two starts of a machine, ms; undefined where nothing starts it. */
  longestPause(machine: string): number | undefined
  /** Fires nothing more, and waits for starts under way. */
  stop(): Promise<void>
}

/** A sleep is cut into pieces, so that a clock set anew or a machine that slept is noticed soon. */
const LONGEST_SLEEP_MS = 30_000
const START_TIMEOUT_MS = 30_000

/**
 * Starts machines when their schedules say so. What was missed while the machine slept is made good by one
 * start. A start that fails is logged; the schedule goes on.
 *
 * @throws TributaryError `invalid_declaration` for a cron expression that cannot be read or never comes true
 *
 * @example
 * const scheduler = startScheduler({
 *   schedules, epochLengthMs, log, start: (machine, input) => runner.start(machine, input, { coalesce: true }),
 * })
 */
export function startScheduler(settings: SchedulerSettings): Scheduler {
  const now = settings.now ?? Date.now
  const entries = settings.schedules.map(schedule => {
    const after = timetable(schedule, settings.epochLengthMs, settings.closeDelayMs ?? 1000)
    return { schedule, after, due: after(now()) }
  })
  const underWay = new Map<string, Promise<void>>()
  let seen = now()
  let timer: NodeJS.Timeout | undefined

  const fire = ({ name, machine, input = {} }: ScheduleDeclaration): void => {
    if (underWay.has(name)) {
      settings.log.error({ schedule: name, machine }, 'schedule skipped: its last start still hangs')
      return
    }
    const started = startOnce(settings, name, machine, input).finally(() => underWay.delete(name))
    underWay.set(name, started)
  }
  const wake = (): void => {
    const at = now()
    for (const entry of entries) {
      if (at < seen) entry.due = entry.after(at)
      if (entry.due > at) continue
      entry.due = entry.after(at)
      fire(entry.schedule)
    }
    seen = at
    sleep()
  }
  const sleep = (): void => {
    if (entries.length === 0) return
    const pause = Math.min(...entries.map(entry => entry.due)) - now()
    timer = setTimeout(wake, Math.min(Math.max(pause, 1), LONGEST_SLEEP_MS))
  }
  sleep()

  return {
    next: () => entries.map(({ schedule, due }) => ({ name: schedule.name, at: due })),
    longestPause(machine) {
      const pauses = entries
        .filter(({ schedule }) => schedule.machine === machine)
        .map(({ after, due }) => longestOf(after, due))
      return pauses.length === 0 ? undefined : Math.min(...pauses)
    },
    async stop() {
      clearTimeout(timer)
      await Promise.all(underWay.values())
    },
  }
}

/** Never rejects. */
async function startOnce(
  { start, log }: SchedulerSettings,
  schedule: string,
  machine: string,
  input: unknown,
): Promise<void> {
  try {
    await within(START_TIMEOUT_MS, `starting ${machine}`, Promise.resolve(start(machine, input)))
  } catch (err) {
    log.error({ err, schedule, machine }, 'a schedule could not start its state machine')
  }
}

/** Weekdays or months make pauses of different lengths: a dozen of them tells the longest. */
const PAUSES = 12

function longestOf(after: (ms: number) => number, from: number): number {
  let longest = 0
  for (let i = 0, at = from; i < PAUSES; i++) {
    const next = after(at)
    longest = Math.max(longest, next - at)
    at = next
  }
  return longest
}

/** The first time a schedule fires after a given one. */
function timetable(
  { name, when }: ScheduleDeclaration,
  epochLengthMs: number,
  closeDelayMs: number,
): (ms: number) => number {
  if (when === 'epoch-close')
    return ms => floorTo(ms - closeDelayMs, epochLengthMs) + epochLengthMs + closeDelayMs
  const cron = compileCron(name, when.cron)
  return ms => {
    const next = cron.nextRun(new Date(ms))
    if (next !== null) return next.getTime()
    throw new TributaryError('invalid_declaration', `schedule ${name}: "${when.cron}" never comes true`)
  }
}
