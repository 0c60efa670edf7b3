import type { ListedRejection, Rejected } from '../../core/ports/rejected.ts'

/** Rejected events that might have been of a cell: of its type, received in its epochs. */
export type RejectedNear = {
  readonly total: number
  readonly byCode: readonly { readonly code: string; readonly events: number }[]
  /** Those whose text names every value of the group. */
  readonly naming: number
  readonly first: readonly ListedRejection[]
  /** False where there are more rejected events than a question looks at. */
  readonly isWhole: boolean
}

/** Which they are. `epochs`: starts, ms. `values`: of the group. */
export type NearQuestion = {
  readonly type: string
  readonly epochs: readonly number[]
  readonly epochLength: number
  readonly values: readonly unknown[]
}

/** Rejected events that one question looks at. */
const MOST = 1000
const SHOWN = 10

/** Looks for rejected events beside a cell. Those that name its group come first. */
export async function rejectedNear(
  { list }: Pick<Rejected, 'list'>,
  { type, epochs, epochLength, values }: NearQuestion,
): Promise<RejectedNear> {
  if (epochs.length === 0) return { total: 0, byCode: [], naming: 0, first: [], isWhole: true }
  const { events, next } = await list({ type, from: Math.min(...epochs), limit: MOST })
  const end = Math.max(...epochs) + epochLength
  const own = new Set(epochs)
  const near = events.filter(({ receivedAt }) => own.has(Math.floor(receivedAt / epochLength) * epochLength))
  const texts = values.map(value => JSON.stringify(value))
  const isNaming = ({ event }: ListedRejection) => texts.every(text => event.includes(text))
  const naming = near.filter(isNaming)
  const byCode = [...Map.groupBy(near, ({ code }) => code)].map(([code, all]) => ({
    code,
    events: all.length,
  }))
  return {
    total: near.length,
    byCode: byCode.sort((a, b) => b.events - a.events),
    naming: naming.length,
    first: [...naming, ...near.filter(one => !isNaming(one))].slice(0, SHOWN),
    isWhole: next === undefined || (events.at(-1)?.receivedAt ?? 0) >= end,
  }
}
