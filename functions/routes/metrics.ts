import * as Type from 'typebox'
import { Explanation } from '../../core/api/explanation-schema.ts'
import { empty, json, limit, problem } from '../../core/api/route.ts'
import * as schemas from '../../core/api/schemas.ts'
import { MAX_ROWS } from '../../core/fold/rollup.ts'
import { type Functions, LIMITED, type Rows, text, WHOLE_CPU } from './row.ts'

/** What answers questions about metrics. */
export const FUNCTIONS = {
  metrics: {
    description: 'Merges batch and real-time views for a query',
    ...{ memory: WHOLE_CPU, timeout: 29, layers: ['contracts'] },
    ...{ may: ['readViews', 'countUse'], parts: ['pipeline', 'queryMetric'] },
  },
} satisfies Functions

/** What is asked of a metric, now or for as long as somebody listens. */
const QUESTION = {
  from: { schema: schemas.instantOrDate, description: 'Windows that start at or after' },
  to: { schema: schemas.instantOrDate, description: 'Windows that start before' },
  window: { schema: text, description: 'Bucket' },
  timezone: { schema: text, description: 'Whose days and longer windows: an IANA name; UTC where none' },
  by: { schema: Type.Array(text), description: 'Group by fewer' },
  layer: {
    schema: Type.Enum(['merged', 'batch', 'speed'], { type: 'string', default: 'merged' }),
    description: 'Layer',
  },
  'where.*': { schema: text, description: 'Only groups with this value; several: with one of them' },
  order: {
    schema: Type.Array(text),
    description: 'Sort by these names, the largest first behind a minus',
  },
  limit: limit(MAX_ROWS, MAX_ROWS),
} as const

const AS_OF = {
  schema: text,
  description: 'As known then: an instant or date, or the id of a run for what it left; batch layer alone',
} as const

/** The header is no parameter of a generated client: whoever keeps answers sends it. */
const SAME = empty('The answer that the header `If-None-Match` names, but for `asOf` and `lagMs`')

export const ROUTES = {
  'GET /v1/metrics': {
    ...{ operation: 'listMetrics', summary: 'The declared metrics', scope: 'read', function: 'metrics' },
    keepsTo: LIMITED,
    answers: { 200: json('Metrics', schemas.Metrics) },
  },
  'GET /v1/metrics/{name}': {
    ...{ operation: 'query_{name}', summary: 'Query a metric', scope: 'read', function: 'metrics' },
    ...{ each: 'metric', keepsTo: LIMITED },
    path: { name: { schema: text, description: 'Metric' } },
    query: {
      ...QUESTION,
      asOf: AS_OF,
    },
    answers: {
      200: {
        ...json('Rows, sorted by window, then group, where no order is given', schemas.MetricAnswer),
        otherTypes: {
          'text/csv': text,
          'application/vnd.apache.parquet': Type.String({ format: 'binary' }),
        },
      },
      304: SAME,
      406: problem('The answer cannot be given in this form: no Parquet on AWS'),
      413: problem('The answer would be too large: ask for less'),
    },
  },
  'GET /v1/query': {
    ...{ operation: 'queryMetrics', summary: 'Query several metrics', scope: 'read', function: 'metrics' },
    keepsTo: LIMITED,
    description: 'One question to each of them: every parameter has to mean something to all.',
    query: {
      metrics: {
        schema: Type.Array(text, { minItems: 1, maxItems: 10 }),
        ...{ description: 'Names', isRequired: true },
      },
      ...QUESTION,
      asOf: AS_OF,
    },
    answers: {
      200: json('Answers in the order of the names', schemas.MetricAnswers),
      304: SAME,
      404: problem('No such metric'),
      413: problem('The answer would be too large: ask for less'),
    },
  },
  'GET /v1/metrics/{name}/stream': {
    ...{ operation: 'followMetric', summary: 'The answer to a query, kept up', scope: 'read' },
    ...{ function: 'follow', keepsTo: LIMITED },
    description:
      'Server-sent events: the whole answer (`snapshot`), then what changes of it (`change`, and `boundary` where a run was published). The header `Last-Event-ID` goes on where a connection ended. On one machine; not on AWS.',
    path: { name: { schema: text, description: 'Metric' } },
    query: QUESTION,
    answers: {
      200: {
        description: 'Events, for as long as somebody listens',
        schema: text,
        type: 'text/event-stream',
      },
      413: problem('The answer would be too large: ask for less'),
    },
  },
  'GET /v1/metrics/{name}/explain': {
    ...{ operation: 'explainMetric', summary: 'The events behind one number', scope: 'read' },
    ...{ function: 'explain', keepsTo: LIMITED },
    description: 'On one machine; not on AWS.',
    path: { name: { schema: text, description: 'Metric' } },
    query: {
      at: { schema: schemas.instantOrDate, description: 'Start of the window' },
      window: { schema: text, description: 'Bucket' },
      timezone: { schema: text, description: 'Whose days and longer windows: an IANA name; UTC where none' },
      by: { schema: Type.Array(text), description: 'Group by fewer' },
      group: { schema: text, description: 'The group as JSON, as a row of a query has it' },
      'where.*': { schema: text, description: 'The value of a field of the group; of others: only those' },
      after: { schema: text, description: 'Cursor: `events.next` of the answer before' },
      thorough: {
        schema: Type.Boolean(),
        description: 'Read raw lines however many there are (false)',
      },
    },
    answers: {
      200: json('The number, its parts and its events', Explanation),
      413: problem('The cell is made of more than one question reads'),
    },
  },
} satisfies Rows<keyof typeof FUNCTIONS>
