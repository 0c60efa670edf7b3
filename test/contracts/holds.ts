import { describe, expect, test } from 'vitest'
import type { Hold, Holds } from '../../core/ports/holds.ts'

export type HoldsFactory = () => Promise<{ readonly holds: Holds; dispose(): Promise<void> }>

const hold: Hold = {
  ...{ id: 'trips.1', mode: 'append', epoch: 3_600_000, run: 'r1', since: 5 },
  ...{ code: 'corrupt_data', detail: 'ü "x"', keys: ['1970-01-01T00:00:00Z {"a":null}'] },
}

/** What every engine of the `Holds` port does. */
export function describeHolds(engine: string, factory: HoldsFactory): void {
  describe(`${engine} as Holds`, () => {
    test('keeps one entry an id and mode, the last that was put, until it is released', async () => {
      const { holds, dispose } = await factory()
      expect(await holds.list()).toEqual([])
      await holds.put(hold)
      await holds.put({ ...hold, run: 'r2' })
      await holds.put({ ...hold, mode: 'recompute' })
      await holds.put({ ...hold, id: 'tally.x' })
      await holds.release(hold.id, 'recompute')
      await holds.release('nothing', 'append')
      const found = [...(await holds.list())].sort((a, b) => (a.id < b.id ? -1 : 1))
      expect(found).toEqual([
        { ...hold, id: 'tally.x' },
        { ...hold, run: 'r2' },
      ])
      await dispose()
    })
  })
}
