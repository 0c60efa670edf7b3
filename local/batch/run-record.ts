import { setTimeout as sleep } from 'node:timers/promises'
import type { Run, Runs } from '../../core/ports/runs.ts'
import { within } from '../deadline.ts'
import type { FailureLog } from './failure-log.ts'

/** A run while it is going on: what has happened so far, saved as it happens. */
export type RunRecord = {
  readonly id: string
  current(): Run
  /** Notes that a state was entered. */
  entered(name: string, at: number): void
  /** Notes that a state is tried again. */
  retried(name: string): void
  /** Merges what a state reported; anything but a plain object is left out. */
  report(part: unknown): void
  /** Notes who asked for its end, durably; the first one stays. Never rejects. */
  stopping(by: string): Promise<void>
  /** Ends the record: with `end` durably, without it leaving the run as one to resume. Never rejects. */
  close(end?: Pick<Run, 'status' | 'endedAt' | 'error'>): Promise<void>
  /** Resolves at the next change; `undefined` once there will be none. */
  changed(): Promise<void> | undefined
}

const FIRST_STATES = 50
const LAST_STATES = 450
const SAVE_TIMEOUT_MS = 10_000
const SAVE_PAUSES_MS = [100, 1000, 5000]

/**
 * Keeps the record of one run. Saving is conflated: while one save is under way, further changes wait for the
 * next. A save that fails is logged and made good by the next; if the last one fails, the run is run again
 * after a restart.
 */
export function runRecord(start: Run, runs: Runs, log: FailureLog): RunRecord {
  let run = start
  let closed = false
  let over = false
  let dirty = false
  let saving: Promise<void> | undefined
  let change = Promise.withResolvers<void>()

  const announce = (): void => {
    change.resolve()
    change = Promise.withResolvers()
  }
  const save = async (pauses: readonly number[]): Promise<void> => {
    try {
      await saveRun(runs, run)
    } catch (err) {
      log.error({ err, run: run.id }, 'the record of a run could not be saved')
      const [pause, ...rest] = pauses
      if (pause === undefined) return
      await sleep(pause)
      await save(rest)
    }
  }
  const saveAll = async (): Promise<void> => {
    while (dirty && !closed) {
      dirty = false
      await save([])
    }
    saving = undefined
  }
  const update = (next: Run): void => {
    if (closed) return
    run = next
    dirty = true
    saving ??= saveAll()
    announce()
  }

  return {
    id: run.id,
    current: () => run,
    entered: (name, at) => update({ ...run, states: bounded([...run.states, { name, enteredAt: at }]) }),
    retried: name => update({ ...run, retries: { ...run.retries, [name]: (run.retries?.[name] ?? 0) + 1 } }),
    report(part) {
      if (isPlain(part)) update({ ...run, report: merge(run.report, part) })
    },
    async stopping(by) {
      update({ ...run, stoppedBy: run.stoppedBy ?? by })
      await saving
    },
    async close(end) {
      closed = true
      await saving
      if (end !== undefined) {
        run = ended(run, end)
        await save(SAVE_PAUSES_MS)
      }
      over = true
      announce()
    },
    changed: () => (over ? undefined : change.promise),
  }
}

/** Who asked for the end of a run that ended otherwise is no part of what became of it. */
function ended(run: Run, end: Pick<Run, 'status' | 'endedAt' | 'error'>): Run {
  const { stoppedBy: _, ...rest } = run
  return end.status === 'stopped' ? { ...run, ...end } : { ...rest, ...end }
}

/**
 * The run now and after every change until its record is closed or `signal` aborts; only the latest is kept.
 */
export async function* follow(record: RunRecord, signal?: AbortSignal): AsyncGenerator<Run, void> {
  const aborted = Promise.withResolvers<void>()
  const onAbort = () => aborted.resolve()
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    while (signal?.aborted !== true) {
      const change = record.changed()
      yield record.current()
      if (change === undefined) return
      await Promise.race([change, aborted.promise])
    }
  } finally {
    signal?.removeEventListener('abort', onAbort)
  }
}

/** Saves a run within 10 s. */
export function saveRun(runs: Runs, run: Run): Promise<void> {
  return within(SAVE_TIMEOUT_MS, `saving run ${run.id}`, runs.put(run))
}

/** The beginning and the end of a long list say more than its middle. */
function bounded<T>(states: readonly T[]): readonly T[] {
  if (states.length <= FIRST_STATES + LAST_STATES) return states
  return [...states.slice(0, FIRST_STATES), ...states.slice(-LAST_STATES)]
}

type Plain = Readonly<Record<string, unknown>>

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Object by object, so that the items of a Map can report under keys of their own; any other value replaces.
 */
function merge(into: Plain, part: Plain): Plain {
  const merged = new Map(Object.entries(into))
  for (const [key, value] of Object.entries(part)) {
    const before = merged.get(key)
    merged.set(key, isPlain(before) && isPlain(value) ? merge(before, value) : value)
  }
  // Not by assignment, to which a key "__proto__" would be a setter.
  return Object.fromEntries(merged)
}
