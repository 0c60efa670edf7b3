import { TributaryError } from '../core/errors.ts'
import type { ReplayRejected } from '../steps/replay-rejected.ts'
import { json } from './middleware/http.ts'
import type { Work } from './middleware/http-function.ts'
import { jsonObject } from './middleware/json-body.ts'
import { instantOf } from './middleware/query-string.ts'

/** POST /v1/rejected/replay {"type"?, "from"?, "after"?}: a bounded number; `next` continues. */
export function createHandler(deps: { readonly replayRejected: ReplayRejected }): Work {
  return async event => {
    const { type, from, after } = jsonObject(event, ['type', 'from', 'after'])
    const outcome = await deps.replayRejected({
      ...(type !== undefined && { type: text(type, 'type') }),
      ...(from !== undefined && { from: instantOf(text(from, 'from'), 'from') }),
      ...(after !== undefined && { after: text(after, 'after') }),
    })
    return json(200, { ...outcome, next: outcome.next ?? null })
  }
}

function text(value: unknown, name: string): string {
  if (typeof value === 'string' && value.length <= 1024) return value
  throw new TributaryError('bad_request', `"${name}" must be text`)
}
