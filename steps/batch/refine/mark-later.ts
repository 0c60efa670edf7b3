import { tallyId } from '../../../core/cells/tally.ts'
import { rawFolder, rawOfType } from '../../../core/lake/lake-paths.ts'
import type { TypePlace } from '../../../core/lake/relation.ts'
import type { LakeSession } from '../../../core/ports/lake-engine.ts'
import type { BatchViews } from '../../../core/ports/views.ts'
import {
  changedIds,
  epochsThatCount,
  firstCounterOfGone,
  type Recount,
} from '../../../core/sql/changed-ids.ts'
import { COUNTED_IN, type CountedIds, hasIds } from '../../../core/sql/counted-ids.ts'
import { query } from '../../../core/sql/query.ts'
import { epochsIn, relationAt } from '../lookup.ts'
import { markDue } from '../marks/due-marks.ts'
import { idsIn, type KnownIdsPorts } from './known-ids.ts'

export type MarkLaterPorts = KnownIdsPorts & { readonly batch: Pick<BatchViews, 'boundary'> }

/**
 * Called before the rows of an epoch take the place of others: where it counts other events than before,
 * marks the published epochs of the horizon after it that they make a difference to, and the epoch itself,
 * which is not published anew yet. Marks are made first, so that a crash leaves too many of them and never
 * too few.
 *
 * An event that is new makes a duplicate of the one that a later epoch counts. For one that is gone, as an
 * earlier epoch counts it now, a duplicate may count that the earlier epoch's horizon does not reach: those
 * epochs are marked for it without a look at their raw lines, as they are as few as the two are apart.
 */
export async function markLater(
  ports: MarkLaterPorts,
  { type, epoch }: Pick<TypePlace, 'type' | 'epoch'>,
  earlier: CountedIds,
  run: string,
): Promise<void> {
  const { lake, batch, epochLength, horizon } = ports
  const through = (await batch.boundary(tallyId(type)))?.epoch
  if (through === undefined || epoch > through) return
  const recount = {
    before: await relationAt(lake, { kind: 'curated', type, epoch }),
    after: await relationAt(lake, { kind: 'staged-curated', type, epoch }),
  }
  if ((await countChanged(ports, recount)) === 0) return
  const end = Math.min(epoch + horizon * epochLength, through) + epochLength
  const later = await idsIn(ports, type, epoch + epochLength, end)
  const found = await ports.engine.session(session =>
    search(ports, session, { recount, earlier, later, epoch }),
  )
  const beyond = found.goneAfter
  const delivered =
    beyond === undefined
      ? []
      : (await epochsIn(lake, rawOfType(type), { after: beyond })).filter(each => each < end)
  await markDue(lake, type, [epoch], run)
  for (const due of new Set([...found.counting, ...delivered]))
    if ((await lake.list(rawFolder(type, due))).length > 0) await markDue(lake, type, [due])
}

async function countChanged({ engine }: MarkLaterPorts, recount: Recount): Promise<number> {
  const changed = query`SELECT count(*) AS n FROM (${changedIds(engine.dialect, recount)}) AS c`
  const [row] = await engine.session(session => session.rows(changed))
  return Number(row?.['n'])
}

type Search = {
  readonly recount: Recount
  readonly earlier: CountedIds
  readonly later: CountedIds
  readonly epoch: number
}

/**
 * Later epochs that count an event which is new; and after which epoch duplicates may count of those that
 * are gone, where any are.
 */
async function search(
  { engine, epochLength, horizon }: MarkLaterPorts,
  session: LakeSession,
  { recount, earlier, later, epoch }: Search,
): Promise<{ readonly counting: readonly number[]; readonly goneAfter: number | undefined }> {
  const { dialect } = engine
  await session.execute(query`CREATE TEMP TABLE changed AS ${changedIds(dialect, recount)}`)
  const rows = hasIds(later) ? await session.rows(epochsThatCount(dialect, later, 'changed')) : []
  const counting = rows.map(row => Number(row[COUNTED_IN]))
  const [gone] = await session.rows(query`SELECT count(*) AS n FROM changed WHERE NOT is_new`)
  if (Number(gone?.['n']) === 0) return { counting, goneAfter: undefined }
  const [counter] = await session.rows(firstCounterOfGone(dialect, earlier, 'changed'))
  const first = counter?.[COUNTED_IN] ?? undefined
  return { counting, goneAfter: first === undefined ? epoch : Number(first) + horizon * epochLength }
}
