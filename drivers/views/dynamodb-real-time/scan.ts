import { type CellKind, type CellValues, combineCells } from '../../../core/cells/cells.ts'
import { queryItems, type Range } from '../../aws/dynamodb/query.ts'
import { type Access, type Attributes, WIDTH } from '../../aws/dynamodb/table.ts'
import { inParallel } from '../../aws/in-parallel.ts'
import { cellsOf, readBucket } from './bucket.ts'
import type { ListedEpoch } from './directory.ts'
import { instantText, placeOf, spreadPk } from './layout.ts'

/**
 * Which items of a metric to read: of windows that start in [from, to), and of these groups only where they
 * are named.
 */
export type Scan = {
  readonly metric: string
  readonly kinds: readonly CellKind[]
  readonly epochs: readonly ListedEpoch[]
  readonly from?: number | undefined
  readonly to?: number | undefined
  readonly groups?: ReadonlySet<string> | undefined
}

export type Found = { readonly window: number; readonly group: string; cells: CellValues }

/** After every instant. */
const END = '~'

/**
 * Reads items and combines them over epochs and lanes, by window and group. `isTooMany` is asked as they
 * grow.
 */
export async function scanItems(
  access: Access,
  scan: Scan,
  isTooMany: (found: number) => boolean = () => false,
): Promise<ReadonlyMap<string, Found>> {
  const found = new Map<string, Found>()
  const ranges = scan.epochs.flatMap(entry => rangesOf(entry, scan))
  await inParallel(ranges, WIDTH, async range => {
    for await (const items of queryItems(access, range)) {
      for (const item of items) addItem(item, scan, found)
      if (isTooMany(found.size)) return
    }
  })
  return found
}

export function foundKey(window: number, group: string): string {
  return `${window}|${group}`
}

/** Sort keys go on after the window, so those of the window `to` lie after its text. */
function rangesOf({ epoch, layout }: ListedEpoch, { metric, from, to }: Scan): readonly Range[] {
  return Array.from({ length: layout.spread }, (_, spread) => ({
    pk: spreadPk(metric, epoch, spread),
    from: from === undefined ? '0' : instantText(from),
    to: to === undefined ? END : instantText(to),
  }))
}

function addItem(item: Attributes, { kinds, groups }: Scan, found: Map<string, Found>): void {
  const { window } = placeOf(item['sk']!.S!)
  for (const [group, line] of readBucket(item).lines) {
    if (groups !== undefined && !groups.has(group)) continue
    const cells = cellsOf(kinds, line)
    const key = foundKey(window, group)
    const known = found.get(key)
    if (known === undefined) found.set(key, { window, group, cells })
    else known.cells = combineCells(kinds, known.cells, cells)
  }
}
