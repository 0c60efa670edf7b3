/** Events counted by epoch (start, ms since 1970) and event type. */
export type Tally = Map<number, Map<string, number>>

/** Adds `count` events of one type to an epoch. */
export function count(tally: Tally, epoch: number, type: string, count: number): void {
  let types = tally.get(epoch)
  if (types === undefined) {
    types = new Map()
    tally.set(epoch, types)
  }
  types.set(type, (types.get(type) ?? 0) + count)
}
