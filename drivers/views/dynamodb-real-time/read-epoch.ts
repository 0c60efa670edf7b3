import { type CellKind, type CellValues, combineCells } from '../../../core/cells/cells.ts'
import type { EpochReader, PartialKey } from '../../../core/ports/views.ts'
import type { Access } from '../../aws/dynamodb/table.ts'
import { listEpochs } from './directory.ts'
import { scanItems } from './scan.ts'

/** Keys listed as missing from a reconciliation. */
const MAX_UNLISTED = 100

/**
 * Reads an epoch of a metric once, and keeps it until its keys are taken. By window, then group: the texts of
 * two million keys would otherwise be there twice.
 */
export async function readEpoch(
  access: Access,
  kinds: readonly CellKind[],
  metric: string,
  epoch: number,
): Promise<EpochReader> {
  const epochs = await listEpochs(access, metric, epoch, epoch)
  const windows = new Map<number, Map<string, CellValues>>()
  let count = 0
  const groupsOf = (window: number) => {
    const known = windows.get(window)
    if (known !== undefined) return known
    const groups = new Map<string, CellValues>()
    windows.set(window, groups)
    return groups
  }
  const add = (window: number, group: string, read: () => CellValues | undefined) => {
    const [groups, cells] = [groupsOf(window), read()]
    if (cells === undefined) return
    const before = groups.get(group)
    if (before === undefined) count += 1
    groups.set(group, before === undefined ? cells : combineCells(kinds, before, cells))
  }
  await scanItems(access, { metric, kinds, epochs }, { add })

  const take = ({ window, group }: PartialKey): CellValues | undefined => {
    const cells = windows.get(window)?.get(group)
    if (cells === undefined) return undefined
    windows.get(window)!.delete(group)
    count -= 1
    return cells
  }
  return {
    take: async keys => keys.map(take),
    rest: async () => ({ count, keys: firstOf(windows) }),
  }
}

function firstOf(windows: ReadonlyMap<number, ReadonlyMap<string, unknown>>): readonly PartialKey[] {
  const keys: PartialKey[] = []
  for (const [window, groups] of windows)
    for (const group of groups.keys()) {
      if (keys.length === MAX_UNLISTED) return keys
      keys.push({ window, group })
    }
  return keys
}
