import { afterEvent as after } from '../../../core/follow/followed-answer.ts'
import type { ServerEvent } from '../../../core/follow/server-events.ts'
import type { MetricAnswer } from '../api.ts'

/** The answer after an event. */
export function afterEvent(answer: MetricAnswer | undefined, event: ServerEvent): MetricAnswer | undefined {
  return after<MetricAnswer['rows'][number], MetricAnswer>(answer, event, JSON.parse)
}
