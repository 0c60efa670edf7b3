import type { Pipeline } from '../../core/declare/pipeline.ts'
import { metricOf } from './lookup.ts'
import type { EpochWork } from './task.ts'

/** Epochs of one run at most. */
const MAX_TURNS = 500
/**
 * History events that the turns of one run may take. An execution fails at 25,000 (AWS Step Functions
 * quotas); the rest is for waiting on raw data, for retries and for waiting until another run has ended.
 */
const HISTORY_BUDGET = 18_000
/** Events of a turn: a task 5, a choice or pass 2, a Map 4; of a Map's item with one task 7. */
const EVENTS_OF_TURN = 71
const EVENTS_OF_ITEM = 7
/** A Map within a Map's item: 4, and 2 of the item. */
const EVENTS_OF_MAP = 6

/**
 * History events that a turn takes: two items a type (refine, compare), three a metric (aggregate, compare,
 * publish), and a Map of its own for the metrics of a type.
 */
export function historyOf({
  types,
  metrics,
  byType,
}: Pick<EpochWork, 'types' | 'metrics' | 'byType'>): number {
  const maps = byType?.length ?? metrics.length
  return EVENTS_OF_TURN + EVENTS_OF_ITEM * (2 * types.length + 3 * metrics.length) + EVENTS_OF_MAP * maps
}

/**
 * Types and metrics of one turn. Their names, and what becomes of each, travel with the run's state, which
 * ends at 262,144 bytes (AWS Step Functions quotas): were all of these to fail, with 500 characters of reason
 * each, they would take half of that.
 */
const MOST_ITEMS = 100

/** A part of an epoch's work that one turn takes on. `isPart`: some of it is left for the next turn. */
export type Piece = Required<Pick<EpochWork, 'types' | 'metrics' | 'byType' | 'isPart'>>

/** The first types of an epoch's work, each with its metrics: at least one, and as many as a turn takes. */
export function pieceOf(pipeline: Pipeline, { types, metrics }: Pick<EpochWork, 'types' | 'metrics'>): Piece {
  const byType = Map.groupBy(metrics, ({ metric }) => metricOf(pipeline, metric).type)
  const groups = [...byType].map(([type, own]) => ({ type, metrics: own }))
  if (types.length + metrics.length <= MOST_ITEMS) return { types, metrics, byType: groups, isPart: false }
  const names = [...new Set([...types.map(({ type }) => type), ...byType.keys()])]
  const taken = new Set<string>()
  let items = 0
  for (const name of names) {
    items += 1 + (byType.get(name)?.length ?? 0)
    if (taken.size > 0 && items > MOST_ITEMS) break
    taken.add(name)
  }
  return {
    types: types.filter(({ type }) => taken.has(type)),
    metrics: metrics.filter(({ metric }) => taken.has(metricOf(pipeline, metric).type)),
    byType: groups.filter(({ type }) => taken.has(type)),
    isPart: taken.size < names.length,
  }
}

/** Whether a run has done enough: what is left is the next run's. The first turn is always done. */
export function isOver(turn: number, spent: number): boolean {
  return turn >= MAX_TURNS || (turn > 0 && spent > HISTORY_BUDGET)
}
