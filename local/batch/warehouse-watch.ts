import { formatInstant } from '../../core/data/time.ts'
import type { Behind } from '../../steps/warehouse/load-turn.ts'

/** What the last look of the warehouse found. */
export type WarehouseLag = {
  /** Tables that are not as the boundaries say, with the reason; '*': all of them. */
  readonly behind: Behind
  /** Since when some table has been, ISO; null where none is. */
  readonly since: string | null
  /** The same in ms until now; 0 where none is. */
  readonly behindMs: number
}

/** Keeps since when the warehouse has been behind, as far as this process knows. */
export function createWarehouseWatch(now: () => number) {
  let behind: Behind = {}
  let since: number | undefined
  return {
    noted(found: Behind): void {
      behind = { ...found }
      since = Object.keys(found).length === 0 ? undefined : (since ?? now())
    },
    lag: (): WarehouseLag => ({
      behind,
      since: since === undefined ? null : formatInstant(since),
      behindMs: since === undefined ? 0 : now() - since,
    }),
  }
}
