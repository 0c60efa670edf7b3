import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { ScheduleDeclaration } from '../../../core/declare/schedule.ts'
import { type Scheduler, startScheduler } from '../../../local/batch/scheduler.ts'

const MIDNIGHT = Date.UTC(2026, 0, 1)
const MINUTE = 60_000
const HOUR = 60 * MINUTE

let started: { machine: string; input: unknown; at: number }[]
let logged: Record<string, unknown>[]
let running: Scheduler[]

beforeEach(() => {
  vi.useFakeTimers({ now: MIDNIGHT + 10 * MINUTE })
  started = []
  logged = []
  running = []
})
afterEach(async () => {
  vi.useRealTimers()
  for (const scheduler of running) await scheduler.stop()
})

const batch: ScheduleDeclaration = { name: 'close', machine: 'batch', when: 'epoch-close' }

function run(
  schedules: readonly ScheduleDeclaration[],
  settings: Partial<Parameters<typeof startScheduler>[0]> = {},
): Scheduler {
  const scheduler = startScheduler({
    schedules,
    epochLengthMs: HOUR,
    closeDelayMs: 500,
    log: { error: fields => logged.push({ ...fields }) },
    start: async (machine, input) => void started.push({ machine, input, at: Date.now() }),
    ...settings,
  })
  running.push(scheduler)
  return scheduler
}

const times = () => started.map(({ at }) => new Date(at).toISOString().slice(8, 19))

describe('the scheduler', () => {
  test('fires shortly after every end of an epoch, cut in UTC', async () => {
    run([batch])
    await vi.advanceTimersByTimeAsync(2 * HOUR)
    expect(started.map(({ at }) => at)).toEqual([MIDNIGHT + HOUR + 500, MIDNIGHT + 2 * HOUR + 500])
    expect(started[0]).toMatchObject({ machine: 'batch', input: {} })
  })

  test('fires the epoch that ended just before it was started, within the delay', async () => {
    vi.setSystemTime(MIDNIGHT + 200)
    expect(run([batch]).next()).toEqual([{ name: 'close', at: MIDNIGHT + 500 }])
  })

  test('follows cron expressions in UTC and hands over the input', async () => {
    run([{ name: 'daily', machine: 'report', when: { cron: '30 2 * * *' }, input: { days: 1 } }])
    await vi.advanceTimersByTimeAsync(48 * HOUR)
    expect(times()).toEqual(['01T02:30:00', '02T02:30:00'])
    expect(started[0]).toMatchObject({ machine: 'report', input: { days: 1 } })
  })

  test('waits for a date further away than a timer can reach', async () => {
    run([{ name: 'monthly', machine: 'report', when: { cron: '0 0 1 3 *' } }])
    await vi.advanceTimersByTimeAsync(58 * 24 * HOUR)
    expect(started).toEqual([])
    await vi.advanceTimersByTimeAsync(24 * HOUR)
    expect(started).toHaveLength(1)
  })

  test('makes good with one start what it missed while the machine slept', async () => {
    run([batch, { name: 'minutely', machine: 'poll', when: { cron: '* * * * *' } }])
    vi.setSystemTime(MIDNIGHT + 9 * HOUR + 20 * MINUTE + 15_000)
    await vi.advanceTimersByTimeAsync(30_000)
    expect(started.map(({ machine }) => machine).sort()).toEqual(['batch', 'poll'])
    await vi.advanceTimersByTimeAsync(HOUR)
    expect(started.filter(({ machine }) => machine === 'batch')).toHaveLength(2)
  })

  test('does not wait for hours when the clock is set back', async () => {
    run([batch])
    vi.setSystemTime(MIDNIGHT - 5 * HOUR)
    await vi.advanceTimersByTimeAsync(HOUR + 1000)
    expect(started).toHaveLength(1)
  })

  test('logs a start that fails, with its cause, and goes on', async () => {
    const failing = vi.fn(async () => {
      throw new Error('full')
    })
    run([batch], { start: failing })
    await vi.advanceTimersByTimeAsync(2 * HOUR)
    expect(failing).toHaveBeenCalledTimes(2)
    expect(logged).toHaveLength(2)
    expect(logged[0]).toMatchObject({ schedule: 'close', machine: 'batch', err: { message: 'full' } })
  })

  test('gives up a start that hangs, and says so', async () => {
    run([batch], { start: () => new Promise(() => {}) })
    await vi.advanceTimersByTimeAsync(HOUR)
    expect(logged).toEqual([expect.objectContaining({ err: expect.objectContaining({ code: 'timeout' }) })])
  })

  test('fires nothing after stop, which waits for a start under way', async () => {
    const gate = Promise.withResolvers<void>()
    const scheduler = run([batch], { start: () => gate.promise })
    await vi.advanceTimersByTimeAsync(50 * MINUTE + 1000)
    let stopped = false
    const stopping = scheduler.stop().then(() => {
      stopped = true
    })
    await vi.advanceTimersByTimeAsync(1)
    expect(stopped).toBe(false)
    gate.resolve()
    await stopping
    expect(vi.getTimerCount()).toBe(0)
  })

  test('refuses cron expressions that cannot be read or never come true', () => {
    for (const cron of ['99 * * * *', 'a b c d e', '0 0 30 2 *'])
      expect(() => run([{ name: 'odd', machine: 'x', when: { cron } }])).toThrow(
        expect.objectContaining({ code: 'invalid_declaration', message: expect.stringContaining('odd') }),
      )
  })
})
