import { json, limit } from '../../core/api/route.ts'
import * as schemas from '../../core/api/schemas.ts'
import { type Functions, type Rows, text, WHOLE_CPU } from './row.ts'

/** What lists rejected events and sends them again. */
export const FUNCTIONS = {
  rejected: {
    description: 'Lists rejected events',
    // Inflates and scans objects of rejected events.
    ...{ memory: WHOLE_CPU, timeout: 29, layers: ['contracts'] },
    ...{ may: ['listRejected', 'countUse'], parts: ['rejected'] },
  },
  replayRejected: {
    description: 'Sends rejected events again',
    ...{ memory: WHOLE_CPU, timeout: 29, layers: ['contracts'] },
    ...{ may: ['takeIn', 'replayRejected', 'countUse'], parts: ['replayRejected'] },
  },
} satisfies Functions

export const ROUTES = {
  'GET /v1/rejected': {
    ...{ operation: 'listRejected', summary: 'Rejected events, oldest first', scope: 'admin' },
    function: 'rejected',
    query: {
      type: { schema: text, description: 'Event type' },
      from: { schema: schemas.instantOrDate, description: 'Received at or after' },
      after: { schema: text, description: 'Cursor: `next` of the answer before' },
      limit: limit(100),
    },
    answers: { 200: json('Events', schemas.RejectedEvents) },
  },
  'POST /v1/rejected/replay': {
    ...{ operation: 'replayRejected', summary: 'Send rejected events again', scope: 'admin' },
    function: 'replayRejected',
    body: { 'application/json': schemas.ReplayRejected },
    optionalBody: true,
    answers: { 200: json('What became of them', schemas.Replayed) },
  },
} satisfies Rows<keyof typeof FUNCTIONS>
