import { checkedId } from '../../../core/declare/changes/seen-ids.ts'
import type { Pipeline } from '../../../core/declare/pipeline.ts'
import type { CountedSince } from '../../../core/ports/counted-since.ts'
import { contractOf } from '../lookup.ts'

export type UncheckedPorts = {
  readonly pipeline: Pipeline
  /** Since when events are checked for what their fields are declared as now. */
  readonly countedSince: Pick<CountedSince, 'list'>
}

/**
 * Whether an epoch of a type may have events that nobody checked for its fields, as they came before those
 * were declared. Where nobody knows, it may.
 */
export async function isUnchecked(
  { pipeline, countedSince }: UncheckedPorts,
  type: string,
  epoch: number,
): Promise<boolean> {
  const since = (await countedSince.list()).get(checkedId(contractOf(pipeline, type)))
  return since === undefined || epoch < since
}
