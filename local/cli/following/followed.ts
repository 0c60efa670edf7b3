import { afterEvent as after } from '../../../core/follow/followed-answer.ts'
import type { ServerEvent } from '../../../core/follow/server-events.ts'
import { parseJson } from '../../../core/json/json.ts'
import type { AnswerOf } from '../../../functions/table.ts'

export type Answer = AnswerOf<'GET /v1/metrics/{name}'>
export type Row = Answer['rows'][number]

/** The answer after an event, with numbers as they were sent. */
export function afterEvent(before: Answer | undefined, event: ServerEvent): Answer | undefined {
  return after<Row, Answer>(before, event, parseJson)
}
