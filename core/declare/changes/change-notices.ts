import type { Field } from '../../data/fields.ts'
import type { Contract, Pipeline } from '../pipeline.ts'
import type { HasEvents, KeptField, KeptType, Remembered } from './remembered.ts'

/** What a change of a contract does that is taken, and that somebody should know of who makes it. */
export type ChangeNotice = {
  readonly type: string
  readonly older: number
  readonly newer: number
  /** Or `partitionBy`. */
  readonly field: string
  /** What it does, and what to do where that is not what is wanted. */
  readonly notice: string
}

/**
 * What changes do between the declarations that stored events were made under and the present ones. A start
 * remembers the present ones, so that it says each change once.
 */
export function changeNotices(
  before: Remembered,
  { latest }: Pipeline,
  hasEvents: HasEvents,
): readonly ChangeNotice[] {
  return [...latest.values()].flatMap(newest => {
    const { type } = newest
    return Object.hasOwn(before, type) && hasEvents(type) ? noticesOf(before[type]!, newest) : []
  })
}

/**
 * Versions of a type that are declared side by side and partition by different fields: that goes on for as
 * long as events of both come.
 */
export function versionNotices(contracts: readonly Contract[]): readonly ChangeNotice[] {
  const byType = Map.groupBy(contracts, contract => contract.type)
  return [...byType.values()].flatMap(versions => {
    const sorted = versions.toSorted((a, b) => a.version - b.version)
    return sorted.slice(1).flatMap((newer, i) => {
      const { version, partitionBy } = sorted[i]!
      return keyNotices({ version, partitionBy: partitionBy.map(field => field.name) }, newer)
    })
  })
}

function noticesOf(was: KeptType, newest: Contract): readonly ChangeNotice[] {
  const known = new Map(was.fields.map(field => [field.column, field]))
  const rounded = newest.fields.filter(field => isLessRounded(known.get(field.column), field))
  return [
    ...rounded.map(field =>
      noticeOf(was, newest, field.name, roundedBefore(known.get(field.column)!, field)),
    ),
    ...keyNotices(was, newest),
  ]
}

function noticeOf(
  { version }: Pick<KeptType, 'version'>,
  { type, version: newer }: Contract,
  field: string,
  notice: string,
): ChangeNotice {
  return { type, older: version, newer, field, notice }
}

/** A number that was rounded to some decimal places, and is to more now, or to none in particular. */
function isLessRounded(was: KeptField | undefined, is: Field): boolean {
  if (was?.kind !== 'number' || is.kind !== 'number' || was.scale === undefined) return false
  return is.scale === undefined || is.scale > was.scale
}

function roundedBefore(was: KeptField, is: Field): string {
  const now = is.scale === undefined ? 'as many decimal places as are sent' : `${is.scale} decimal places`
  return (
    `keeps ${now} and kept ${was.scale}: epochs that are published already keep values as they were rounded, ` +
    'until a backfill computes them again from raw data; npx tributary backfill --from <first epoch> --to <now>'
  )
}

function keyNotices(
  was: Pick<KeptType, 'version' | 'partitionBy'>,
  newest: Contract,
): readonly ChangeNotice[] {
  const now = newest.partitionBy.map(field => field.name).join(', ')
  const before = was.partitionBy?.join(', ')
  if (before === undefined || before === now) return []
  const notice =
    `was ${before} and is ${now}: events under the one and those under the other are in no order among ` +
    'each other; numbers do not depend on it'
  return [noticeOf(was, newest, 'partitionBy', notice)]
}
