import type { CellKind } from '../../../core/cells/cells.ts'
import type { Gathering } from '../../../core/fold/rollup.ts'
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

/** After every instant. */
const END = '~'

/** Reads items and hands their partials on, those of one key as often as there are epochs and lanes. */
export async function scanItems(
  access: Access,
  scan: Scan,
  gathering: Pick<Gathering, 'add'>,
): Promise<void> {
  const ranges = scan.epochs.flatMap(entry => rangesOf(entry, scan))
  await inParallel(ranges, WIDTH, async range => {
    for await (const items of queryItems(access, range))
      for (const item of items) addItem(item, scan, gathering)
  })
}

/** Sort keys go on after the window, so those of the window `to` lie after its text. */
function rangesOf({ epoch, layout }: ListedEpoch, { metric, from, to }: Scan): readonly Range[] {
  return Array.from({ length: layout.spread }, (_, spread) => ({
    pk: spreadPk(metric, epoch, spread),
    from: from === undefined ? '0' : instantText(from),
    to: to === undefined ? END : instantText(to),
  }))
}

function addItem(item: Attributes, { kinds, groups }: Scan, gathering: Pick<Gathering, 'add'>): void {
  const { window } = placeOf(item['sk']!.S!)
  for (const [group, line] of readBucket(item).lines)
    if (groups === undefined || groups.has(group)) gathering.add(window, group, () => cellsOf(kinds, line))
}
