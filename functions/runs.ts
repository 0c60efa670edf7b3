import { formatInstant } from '../core/data/time.ts'
import { TributaryError } from '../core/errors.ts'
import type { Run, RunPlace } from '../core/ports/runs.ts'
import { json } from './middleware/http.ts'
import type { Work } from './middleware/http-function.ts'
import { limitOf, queryOf, single } from './middleware/query-string.ts'

/** Starts and reads executions of state machines. */
export type Executions = {
  /** Resolves once the run is recorded; `not_found` for a machine that does not exist. */
  start(machine: string, input: unknown): Promise<Run>
  /**
   * Ends a run after the state it is in; resolves once that is recorded. `by`: name of the key that asks. One
   * that was stopped before is answered as it is.
   *
   * @throws TributaryError `not_found`; `conflict` where it has ended otherwise
   */
  stop(id: string, by: string): Promise<Run>
  get(id: string): Promise<Run | undefined>
  /** Newest first. */
  list(limit: number, after?: RunPlace): Promise<readonly Run[]>
}

/** GET /v1/runs and GET /v1/runs/{id}. */
export function createHandler({ runs }: { readonly runs: Executions }): Work {
  return async event => {
    const id = event.pathParameters?.['id']
    if (id === undefined) {
      const query = queryOf(event)
      const limit = limitOf(query, 50, 1000)
      const after = single(query, 'after')
      // One more than is shown says whether there are others.
      const found = await runs.list(limit + 1, after === undefined ? undefined : placeOf(after))
      const shown = found.slice(0, limit)
      return json(200, {
        runs: shown.map(presentRun),
        next: found.length > limit ? cursorOf(shown.at(-1)!) : null,
      })
    }
    const run = await runs.get(id)
    if (run === undefined)
      throw new TributaryError('not_found', `there is no run "${id.slice(0, 100)}"; GET /v1/runs lists them`)
    return json(200, presentRun(run))
  }
}

const cursorOf = ({ startedAt, id }: RunPlace): string => `${startedAt}~${id}`

function placeOf(cursor: string): RunPlace {
  const [, startedAt, id] = /^(\d{1,15})~([\w.-]{1,200})$/.exec(cursor) ?? []
  if (id !== undefined) return { startedAt: Number(startedAt), id }
  throw new TributaryError('bad_request', 'parameter "after" names no page; give `next` of the answer before')
}

/** A run as the API gives it. */
export function presentRun({ startedAt, endedAt, states, ...run }: Run) {
  const held = Object.keys(run.report['held'] ?? {})
  return {
    ...run,
    // Names of metrics and types that it held back: its report has the reasons.
    ...(held.length > 0 && { held }),
    startedAt: formatInstant(startedAt),
    endedAt: endedAt === undefined ? null : formatInstant(endedAt),
    states: states.map(({ name, enteredAt }) => ({ name, enteredAt: formatInstant(enteredAt) })),
  }
}
