import type { Access } from '../core/access/access.ts'
import type { Pipeline } from '../core/declare/pipeline.ts'
import { checkRunInput, checkRunNames } from '../core/declare/run-input.ts'
import { TributaryError } from '../core/errors.ts'
import { type HttpEvent, type HttpResponse, json } from './middleware/http.ts'
import type { Work } from './middleware/http-function.ts'
import { jsonObject } from './middleware/json-body.ts'
import { type Executions, presentRun } from './runs.ts'

export type StartRunDeps = {
  readonly runs: Pick<Executions, 'start' | 'stop'>
  readonly pipeline: Pipeline
}

/**
 * POST /v1/runs {"machine", "input"}: 202 with the run, which goes on by itself. POST /v1/runs/{id}/stop: 202
 * with the run, which ends after the state it is in.
 */
export function createHandler({ runs, pipeline }: StartRunDeps): Work {
  const start = async (event: HttpEvent): Promise<HttpResponse> => {
    const { machine, input = {} } = jsonObject(event, ['machine', 'input'])
    if (typeof machine !== 'string' || !/^[a-z][a-z0-9-]{0,79}$/.test(machine))
      throw new TributaryError('bad_request', '"machine" must name a state machine, such as batch')
    checkRunInput(machine, input)
    checkRunNames(machine, input, pipeline)
    return json(202, presentRun(await runs.start(machine, input)))
  }
  const stop = async (id: string, { name }: Access): Promise<HttpResponse> =>
    json(202, presentRun(await runs.stop(id, name)))
  return (event, access) => {
    const id = event.pathParameters?.['id']
    return id === undefined ? start(event) : stop(id, access)
  }
}
