import { json, limit, problem } from '../../core/api/route.ts'
import * as schemas from '../../core/api/schemas.ts'
import { type Functions, type Rows, SMALL, text } from './row.ts'

/** What starts state machines and shows their runs. */
export const FUNCTIONS = {
  runs: {
    description: 'Shows runs of state machines',
    ...{ memory: SMALL, timeout: 29, layers: ['contracts'] },
    ...{ may: ['readRuns', 'countUse'], parts: ['runs'] },
  },
  startRun: {
    description: 'Starts state machines, and stops runs of them',
    ...{ memory: SMALL, timeout: 29, layers: ['contracts'] },
    ...{ may: ['readRuns', 'startRuns', 'stopRuns', 'countUse'], parts: ['runs', 'pipeline'] },
  },
} satisfies Functions

export const ROUTES = {
  'GET /v1/runs': {
    ...{ operation: 'listRuns', summary: 'Runs, newest first', scope: 'read', function: 'runs' },
    query: {
      after: { schema: text, description: 'Cursor: `next` of the answer before' },
      limit: limit(50),
    },
    answers: { 200: json('Runs', schemas.Runs) },
  },
  'POST /v1/runs': {
    ...{ operation: 'startRun', summary: 'Start a state machine', scope: 'admin', function: 'startRun' },
    body: { 'application/json': schemas.StartRun },
    answers: {
      202: json('Started', schemas.Run),
      400: problem('The machine does not take this input'),
      404: problem('No such state machine'),
    },
  },
  'POST /v1/runs/{id}/stop': {
    ...{ operation: 'stopRun', summary: 'Stop a run after the state it is in', scope: 'admin' },
    function: 'startRun',
    description:
      'What it has not published stays unpublished, and the next run does its work. Asked again, it answers the same.',
    path: { id: { schema: text, description: 'Id of the run' } },
    answers: {
      202: json('The run: `stopped`, or running to the end of its state with `stoppedBy`', schemas.Run),
      404: problem('No such run'),
      409: problem('The run has ended already'),
    },
  },
  'GET /v1/runs/{id}': {
    ...{ operation: 'readRun', summary: 'States entered, counts, reconciliation', scope: 'read' },
    function: 'runs',
    path: { id: { schema: text, description: 'Id of the run' } },
    answers: { 200: json('The run', schemas.Run), 404: problem('No such run') },
  },
} satisfies Rows<keyof typeof FUNCTIONS>
