import type { Pipeline } from '../core/declare/pipeline.ts'
import { checkRunInput, checkRunNames } from '../core/declare/run-input.ts'
import { TributaryError } from '../core/errors.ts'
import { json } from './middleware/http.ts'
import type { Work } from './middleware/http-function.ts'
import { jsonObject } from './middleware/json-body.ts'
import { type Executions, presentRun } from './runs.ts'

/** POST /v1/runs {"machine", "input"}: 202 with the run, which goes on by itself. */
export function createHandler({
  runs,
  pipeline,
}: {
  readonly runs: Pick<Executions, 'start'>
  readonly pipeline: Pipeline
}): Work {
  return async event => {
    const { machine, input = {} } = jsonObject(event, ['machine', 'input'])
    if (typeof machine !== 'string' || !/^[a-z][a-z0-9-]{0,79}$/.test(machine))
      throw new TributaryError('bad_request', '"machine" must name a state machine, such as batch')
    checkRunInput(machine, input)
    checkRunNames(machine, input, pipeline)
    return json(202, presentRun(await runs.start(machine, input)))
  }
}
