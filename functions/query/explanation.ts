import type * as Type from 'typebox'
import type { Access } from '../../core/access/access.ts'
import type { Explanation as Schema } from '../../core/api/explanation-schema.ts'
import { formatInstant } from '../../core/data/time.ts'
import type { Contract } from '../../core/declare/pipeline.ts'
import { receivedAt } from '../../core/event/receipt.ts'
import { parseJson } from '../../core/json/json.ts'
import { maskedFields } from '../../core/lake/masked-columns.ts'
import { fieldsRead } from '../../core/sql/curated.ts'
import type { ExplainedPart, Explanation } from '../../steps/explain/explain.ts'
import type { FoundDuplicate, FoundEvent } from '../../steps/explain/question.ts'
import type { RejectedNear } from '../../steps/explain/rejected-near.ts'

type Shown = Type.Static<typeof Schema>

/** What belongs to an answer: who asks, and what is known of the type. */
export type ShownTo = {
  readonly access: Access
  readonly contract: Contract
  /** Undefined where the caller may not hear of it. */
  readonly rejected: RejectedNear | undefined
}

/** Files of an answer at most. */
const MOST_FILES = 1000

/**
 * An explanation as its caller may see it. Fields that the contract masks are an admin's, and so is what
 * rejected events hold. Who is limited to rows is told nothing of other events: neither the sizes of
 * files, nor what came of an event that is not theirs.
 */
export function shownExplanation(found: Explanation, { access, contract, rejected }: ShownTo): Shown {
  const { metric, cell, parts, events, hasMore, provenance } = found
  const { windows, by, group, where } = cell
  const isLimited = access.isAdmin !== true && access.where !== undefined
  const masked = access.isAdmin === true ? new Set<string>() : maskedFields(contract)
  const fields = fieldsRead(metric).map(({ name }) => name)
  const files = parts.flatMap(part => part.files)
  return {
    ...{ metric: metric.name, type: metric.type, window: windows.asked, by, group },
    ...(windows.timezone !== undefined && { timezone: windows.timezone }),
    ...{ start: formatInstant(windows.from), end: formatInstant(windows.to) },
    ...(Object.keys(where).length > 0 && { where }),
    ...{ values: found.values, addsUp: found.addsUp, provenance: provenance as Shown['provenance'] },
    parts: parts.map(part => shownPart(part, windows.to)),
    events: {
      total: countOf(parts),
      first: events.map(event => shownEvent(event, fields, masked, windows.to)),
      next: hasMore ? (events.at(-1)?.receipt ?? null) : null,
      masked: fields.filter(name => masked.has(name)),
    },
    late: lateOf(parts, windows.to),
    duplicates: shownDuplicates(found.duplicates, isLimited),
    rejected: rejected === undefined ? null : shownRejected(rejected, access.isAdmin === true),
    files: files.slice(0, MOST_FILES).map(({ path, bytes }) => (isLimited ? { path } : { path, bytes })),
    ...(files.length > MOST_FILES && { totalFiles: files.length }),
    sql: found.sql ?? null,
  }
}

function countOf(parts: readonly ExplainedPart[]): number {
  return parts.reduce((sum, { computed }) => sum + (computed?.events ?? 0), 0)
}

function shownPart(part: ExplainedPart, end: number) {
  const { layer, epoch, epochs, values, computed, matches } = part
  return {
    ...{ layer, epoch: formatInstant(epoch), epochs: epochs.length, isLate: epoch >= end },
    ...{ events: computed?.events ?? null, values, ofEvents: computed?.values ?? null },
    state: stateOf(part, matches),
  }
}

/** Why a part's events do not come to what its views have, where they do not. */
function stateOf({ unread, layer, isSettled }: ExplainedPart, matches: boolean | undefined) {
  if (matches === true) return 'adds up' as const
  if (unread !== undefined) return unread
  if (isSettled) return matches === undefined ? ('not there' as const) : ('differs' as const)
  return layer === 'batch' ? ('being computed again' as const) : ('filling' as const)
}

function shownEvent(event: FoundEvent, fields: readonly string[], masked: ReadonlySet<string>, end: number) {
  const received = receivedAt(event.receipt)
  const values = fields.flatMap((name, i) => {
    const json = event.values[i] ?? null
    return masked.has(name) ? [] : [[name, json === null ? null : parseJson(json)] as const]
  })
  return {
    ...{ id: event.id, source: event.source, time: formatInstant(event.time) },
    ...{ receivedAt: formatInstant(received), epoch: formatInstant(event.epoch), partition: event.partition },
    ...{ receipt: event.receipt, values: Object.fromEntries(values), file: event.file },
    ...(received >= end && { lateMs: received - end }),
  }
}

function lateOf(parts: readonly ExplainedPart[], end: number): Shown['late'] {
  const late = parts.filter(({ epoch }) => epoch >= end)
  const longest = Math.max(0, ...late.map(({ last }) => (last === undefined ? 0 : last - end)))
  return { events: countOf(late), longestMs: longest }
}

function shownDuplicates({ total, first, notRead }: Explanation['duplicates'], isLimited: boolean) {
  return {
    total,
    first: first.map(one => shownDuplicate(one, isLimited)),
    notRead: notRead.map(({ epoch, dropped }) => ({
      epoch: formatInstant(epoch),
      ...(!isLimited && dropped !== undefined && { dropped }),
    })),
  }
}

function shownDuplicate(
  { id, source, receipt, time, epoch, file, winner }: FoundDuplicate,
  isLimited: boolean,
) {
  const isShown = winner !== undefined && (winner.isOfCell || !isLimited)
  return {
    ...{ id, source, time: formatInstant(time), receipt, file },
    ...{ receivedAt: formatInstant(receivedAt(receipt)), epoch: formatInstant(epoch) },
    why: whyDropped(epoch, winner),
    counted: isShown ? shownWinner(winner) : null,
  }
}

const shownWinner = ({ receipt, epoch, isOfCell }: NonNullable<FoundDuplicate['winner']>) => ({
  ...{ receipt, receivedAt: formatInstant(receivedAt(receipt)), epoch: formatInstant(epoch), isOfCell },
})

function whyDropped(epoch: number, winner: FoundDuplicate['winner']): string {
  const again = 'an event with this source and id was counted before'
  if (winner === undefined) return `${again}, within the time that ids are remembered`
  return winner.epoch === epoch
    ? `${again}, in the same epoch`
    : `${again}, in an earlier epoch that is still remembered`
}

function shownRejected({ total, byCode, naming, first, isWhole }: RejectedNear, isAdmin: boolean) {
  return {
    ...{ total, byCode: [...byCode], naming, isWhole },
    first: isAdmin
      ? first.map(({ receipt, receivedAt: at, id, code, detail }) => ({
          ...{ receipt, receivedAt: formatInstant(at), id: id ?? null, code, detail },
        }))
      : [],
  }
}
