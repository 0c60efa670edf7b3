import { beforeEach, describe, expect, test } from 'vitest'
import type { Run, Runs } from '../../core/ports/runs.ts'

/** A run that has just begun. */
export function aRun(id: string, changes: Partial<Run> = {}): Run {
  return {
    id,
    machine: 'batch',
    input: {},
    status: 'running',
    startedAt: 1000,
    states: [],
    report: {},
    ...changes,
  }
}

/**
 * What every engine of the `Runs` port does. `open` gives an empty one; one that forgets the oldest by their
 * number keeps the newest `keep` runs, one that forgets by age keeps all of these.
 */
export function runsContract(
  open: (keep: number) => Promise<Runs>,
  { forgets = 'by number' }: { readonly forgets?: 'by number' | 'by age' } = {},
): void {
  let runs: Runs
  beforeEach(async () => {
    runs = await open(5)
  })

  describe('put', () => {
    test('keeps every part of a run', async () => {
      const run = aRun('01A', {
        input: { epochs: [1, 2], nested: { empty: null, text: '\u0000é' } },
        status: 'failed',
        endedAt: 2000,
        states: [{ name: 'Plan', enteredAt: 1001 }],
        report: { counts: { trip: 3 } },
        error: { name: 'raw_incomplete', cause: 'waiting' },
      })
      await runs.put(run)
      expect(await runs.get('01A')).toEqual(run)
    })

    test('replaces the run of the same id', async () => {
      await runs.put(aRun('01A'))
      await runs.put(aRun('01A', { status: 'succeeded', endedAt: 2 }))
      expect(await runs.list(10)).toEqual([aRun('01A', { status: 'succeeded', endedAt: 2 })])
    })

    const byNumber = 'lets the oldest go once there are too many, but never one that is running'
    if (forgets === 'by number')
      test(byNumber, async () => {
        await runs.put(aRun('00'))
        for (let i = 1; i <= 8; i++) await runs.put(aRun(`0${i}`, { status: 'succeeded' }))
        expect((await runs.list(10)).map(run => run.id)).toEqual(['08', '07', '06', '05', '00'])
      })

    test('takes many at the same time', async () => {
      await Promise.all(Array.from({ length: 5 }, (_, i) => runs.put(aRun(`0${i}`))))
      expect(await runs.list(10)).toHaveLength(5)
    })
  })

  describe('get', () => {
    test('knows nothing of an id that was never put, whatever it looks like', async () => {
      for (const id of ['01B', '', 'x'.repeat(10_000), '\u0000', '__proto__'])
        expect(await runs.get(id)).toBeUndefined()
    })
  })

  describe('list', () => {
    test('gives the newest first, as many as asked for', async () => {
      for (const id of ['01B', '01A', '01C']) await runs.put(aRun(id))
      expect((await runs.list(2)).map(run => run.id)).toEqual(['01C', '01B'])
      expect(await runs.list(0)).toEqual([])
    })

    test('goes on behind a run, one that has gone since too', async () => {
      const all = ['01A', '01B', '01C', '01D'].map((id, i) => aRun(id, { startedAt: 1000 + i }))
      for (const run of all) await runs.put(run)
      const idsAfter = async (limit: number, i: number) =>
        (await runs.list(limit, all[i])).map(({ id }) => id)
      expect(await idsAfter(2, 3)).toEqual(['01C', '01B'])
      expect(await idsAfter(9, 1)).toEqual(['01A'])
      expect(await idsAfter(9, 0)).toEqual([])
      const gone = { id: '01BB', startedAt: 1001 }
      expect((await runs.list(9, gone)).map(({ id }) => id)).toEqual(['01B', '01A'])
    })

    test('gives status, states and error of each', async () => {
      const run = aRun('01A', {
        status: 'failed',
        endedAt: 2000,
        states: [{ name: 'Plan', enteredAt: 1001 }],
        error: { name: 'internal', cause: 'why' },
      })
      await runs.put(run)
      expect(await runs.list(10)).toEqual([run])
    })
  })
}
