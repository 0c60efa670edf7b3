import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { startRefiningAhead } from '../../../local/batch/refining-ahead.ts'

/** An epoch of which there are so many whole files; each call makes one part. */
function platform(files: number) {
  const calls: string[] = []
  let parts = 0
  const state = { busy: false, fails: 0 }
  const failures: string[] = []
  return {
    calls,
    state,
    failures,
    parts: () => parts,
    settings: {
      types: ['a'],
      refineAhead: async ({ type }: { type: string }) => {
        calls.push(type)
        if (state.fails-- > 0) throw new Error('disk')
        parts = Math.min(files, parts + 1)
        return parts
      },
      epochLength: 3_600_000,
      now: () => 7_200_001,
      isBusy: async () => state.busy,
      alone: <T>(work: () => Promise<T>) => work(),
      report: (failure: Error) => void failures.push(failure.message),
      ...{ idleMs: 5, failedMs: 5 },
    },
  }
}

test('files of the open epoch are refined one after the other, also after a failure', async () => {
  const { settings, parts, failures, state } = platform(3)
  state.fails = 1
  const ahead = startRefiningAhead(settings)
  await vi.waitFor(() => expect(parts()).toBe(3))
  await ahead.stop()
  expect(failures).toHaveLength(1)
})

test('nothing is begun while a run is going on', async () => {
  const { settings, calls, state } = platform(3)
  state.busy = true
  const ahead = startRefiningAhead(settings)
  await sleep(30)
  expect(calls).toEqual([])
  state.busy = false
  await vi.waitFor(() => expect(calls.length).toBeGreaterThan(0))
  await ahead.stop()
})

test('stopping waits for the file in hand and begins no other', async () => {
  const { settings, calls } = platform(9)
  const gate = Promise.withResolvers<void>()
  let ended = false
  const refineAhead = async (task: { type: string }) => {
    await gate.promise
    ended = true
    return settings.refineAhead(task)
  }
  const ahead = startRefiningAhead({ ...settings, refineAhead })
  await sleep(10)
  const stopped = ahead.stop()
  gate.resolve()
  await stopped
  expect(ended).toBe(true)
  const made = calls.length
  await sleep(20)
  expect(calls.length).toBe(made)
})

test('a type that fails rests by itself, and the others go on', async () => {
  const { settings, failures } = platform(3)
  const made: string[] = []
  const ahead = startRefiningAhead({
    ...settings,
    types: ['bad', 'good'],
    refineAhead: async ({ type }) => {
      if (type === 'bad') throw new Error('bad')
      made.push(type)
      return made.length
    },
    failedMs: 60_000,
  })
  await vi.waitFor(() => expect(made.length).toBeGreaterThan(3))
  await ahead.stop()
  expect(failures).toEqual(['bad'])
})
