import { afterEach } from 'vitest'
import type { CellKind, CellValues } from '../../core/cells/cells.ts'
import { padSequence } from '../../core/data/position.ts'
import type { MetricShapes } from '../../core/declare/metric-kinds.ts'
import { type Item, type ItemKey, itemId } from '../../core/ports/views.ts'

/** An engine under test and what ends it. */
export type UnderTest<T> = { readonly views: T; readonly dispose: () => Promise<void> }
export type ViewsFactory<T> = (shapes: MetricShapes) => Promise<UnderTest<T>>

export const HOUR = 3_600_000
export const KINDS: readonly CellKind[] = ['count', 'sum', 'max', 'bins']
/** Every metric of these tests has hours and the same cells. */
export const shapes: MetricShapes = () => ({ kinds: KINDS, windowLength: HOUR })

/** What a query that asks for days is rolled up to. */
export const DAILY = { declared: 'hour', asked: 'day' } as const

export const METRIC = 'sales.0badcafe'
export const ALL = { metric: METRIC, from: undefined, to: undefined, groups: undefined, limit: 1000 } as const

/** Group texts that keys of stores choke on. */
export const GROUPS = [
  ...['{}', '{"a":null}', '{"a":""}', '{"a":"|"}', '{"a":"x|1"}', '{"a":"\\u0000"}', '{"a":"\ufeff"}'],
  ...['{"a":"😀"}', '{"a":"\uffff"}', '{"a":"é"}', '{"a":"e\u0301"}', '{"a":"#"}', '{"a":"\\""}'],
  ...[`{"a":"${'x'.repeat(250)}"}`, `{"a":"${'字'.repeat(400)}"}`, `{"a":"${'y'.repeat(5000)}1"}`],
  `{"a":"${'y'.repeat(5000)}2"}`,
]

export function cellsOf(count: number, bins: number[] = []): CellValues {
  return [count, count * 100, count === 0 ? null : count, bins]
}

export function itemOf(part: Partial<ItemKey> & { count?: number; record?: number; index?: number }): Item {
  const { group = '{}', window = 0, epoch = 0, lane = 0, metric = METRIC } = part
  return {
    ...{ metric, group, window, epoch, lane, id: itemId(group, window, lane) },
    position: { sequence: padSequence(String(part.record ?? 1)), index: part.index ?? 0 },
    cells: cellsOf(part.count ?? 1),
  }
}

export function opener<T>(factory: ViewsFactory<T>): () => Promise<T> {
  const disposals: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const dispose of disposals.splice(0)) await dispose()
  })
  return async () => {
    const { views, dispose } = await factory(shapes)
    disposals.push(dispose)
    return views
  }
}

export const byKey = <T extends { window: number; group: string }>(partials: readonly T[]) =>
  partials.toSorted((a, b) => a.window - b.window || (a.group < b.group ? -1 : 1))
