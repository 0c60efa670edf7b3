import { formatInstant } from '../core/data/time.ts'
import { TributaryError } from '../core/errors.ts'
import type { Run } from '../core/ports/runs.ts'
import { textBody } from './middleware/body.ts'
import { type HttpDeps, type HttpEvent, type HttpHandler, json } from './middleware/http.ts'
import { httpFunction } from './middleware/http-function.ts'
import { jsonObject } from './middleware/json-body.ts'
import { limitOf, queryOf, refuseUnknownParameters } from './query-string.ts'

/** Starts and reads executions of state machines. */
export type RunsDeps = HttpDeps & {
  readonly runs: {
    /** Resolves once the run is recorded; `not_found` for a machine that does not exist. */
    start(machine: string, input: unknown): Promise<Run>
    get(id: string): Promise<Run | undefined>
    /** Newest first. */
    list(limit: number): Promise<readonly Run[]>
  }
}

/** GET /v1/runs and GET /v1/runs/{id}. Starting one is `createStartHandler`: it needs another scope. */
export function createHandler(deps: RunsDeps): HttpHandler {
  return httpFunction(deps, 'read', async event => {
    const id = event.pathParameters?.['id']
    if (id === undefined) return json(200, { runs: (await deps.runs.list(limit(event))).map(present) })
    const run = await deps.runs.get(id)
    if (run === undefined)
      throw new TributaryError('not_found', `there is no run "${id.slice(0, 100)}"; GET /v1/runs lists them`)
    return json(200, present(run))
  })
}

/** POST /v1/runs {"machine", "input"}: 202 with the run, which goes on by itself. */
export function createStartHandler(deps: RunsDeps): HttpHandler {
  return httpFunction(
    deps,
    'admin',
    async event => {
      const { machine, input = {} } = jsonObject(event, ['machine', 'input'])
      if (typeof machine !== 'string' || !/^[a-z][a-z0-9-]{0,79}$/.test(machine))
        throw new TributaryError('bad_request', '"machine" must name a state machine, such as batch')
      if (typeof input !== 'object' || input === null || Array.isArray(input))
        throw new TributaryError('bad_request', '"input" must be a JSON object, or left out')
      const run = await deps.runs.start(machine, input)
      return json(202, present(run))
    },
    textBody(),
  )
}

function limit(event: HttpEvent): number {
  const query = queryOf(event)
  refuseUnknownParameters(query, ['limit'])
  return limitOf(query, 50, 1000)
}

function present({ startedAt, endedAt, states, ...run }: Run) {
  return {
    ...run,
    startedAt: formatInstant(startedAt),
    endedAt: endedAt === undefined ? null : formatInstant(endedAt),
    states: states.map(({ name, enteredAt }) => ({ name, enteredAt: formatInstant(enteredAt) })),
  }
}
