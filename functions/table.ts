import * as Type from 'typebox'
import { Explanation } from '../core/api/explanation-schema.ts'
import { json, limit, problem, type Route } from '../core/api/route.ts'
import * as schemas from '../core/api/schemas.ts'
import { MAX_ROWS } from '../core/fold/rollup.ts'
import type { HttpFunction } from './lambda-function.ts'
import { BEACON } from './middleware/shown-key.ts'

/**
 * The HTTP API as data: every route and every function that answers one. The local router, API Gateway's
 * routes, functions and their entries, roles, alarms, the OpenAPI description, authorisation and the command
 * line's types follow from it. To add a route, write its row and its handler (`functions/<name>.ts`, which
 * exports `createHandler`), then run `npm run generate`.
 */

/** CPU is proportional to memory: parsing on a whole vCPU answers in half the time for the same price. */
const WHOLE_CPU = 1769
const SMALL = 512

/**
 * Functions behind the HTTP API, whose own limit is 30 s. None reserves concurrency but ingest, by a
 * parameter: the API's throttle and the run lock bound it already, and a reservation takes from what the
 * account's other functions may use.
 */
export const HTTP_FUNCTIONS = {
  ingest: {
    description: 'Validates events and puts them into the stream',
    // Ends before its epoch counts as closed (60 s).
    ...{ memory: WHOLE_CPU, timeout: 29, layers: ['contracts'] },
    ...{ may: ['takeIn', 'keepRejected', 'countUse'], parts: ['ingest', 'report', 'allow'] },
  },
  metrics: {
    description: 'Merges batch and real-time views for a query',
    ...{ memory: WHOLE_CPU, timeout: 29, layers: ['contracts'] },
    ...{ may: ['readViews', 'countUse'], parts: ['pipeline', 'queryMetric'] },
  },
  contracts: {
    description: 'Lists declared event types and their JSON Schemas',
    ...{ memory: SMALL, timeout: 10, layers: ['contracts'] },
    ...{ may: ['countUse'], parts: ['pipeline'] },
  },
  runs: {
    description: 'Shows runs of state machines',
    ...{ memory: SMALL, timeout: 29, layers: ['contracts'] },
    ...{ may: ['readRuns', 'countUse'], parts: ['runs'] },
  },
  startRun: {
    description: 'Starts a state machine',
    ...{ memory: SMALL, timeout: 29, layers: ['contracts'] },
    ...{ may: ['readRuns', 'startRuns', 'countUse'], parts: ['runs', 'pipeline'] },
  },
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
  health: {
    description: 'State of each part',
    ...{ memory: SMALL, timeout: 10, layers: ['contracts'] },
    ...{ may: ['readRuns', 'readBoundaries', 'readKeys'], parts: ['health', 'mayRead'] },
  },
  openapi: {
    description: 'The OpenAPI description',
    ...{ memory: SMALL, timeout: 10, layers: ['contracts'] },
    ...{ may: [], parts: ['document'] },
  },
} satisfies Readonly<Record<string, HttpFunction>>

/**
 * Functions that one machine has and AWS does not: CloudWatch has the platform's own metrics there, and to
 * explain a number takes the lake's engine beside the views (docs/decisions/0080).
 */
type LocalFunction = 'prometheus' | 'explain'

type Row = Route & { readonly function: keyof typeof HTTP_FUNCTIONS | LocalFunction }

const text = Type.String()

/** Nothing of what is shown is beyond what a caller's key is limited to. */
const LIMITED = ['types', 'rows'] as const

/** Of each call that takes events. */
const EVENTS = {
  body: {
    'application/cloudevents+json': schemas.Event,
    'application/cloudevents-batch+json': Type.Array(schemas.Event, { description: 'At most 10,000' }),
  },
  answers: {
    202: json('Durable. Rejected events are listed, and kept', schemas.Ingested),
    400: problem('The body cannot be read'),
    413: problem('A body over 10 MiB (on AWS 4 MiB as it is sent), or over 10,000 events'),
    415: problem('Not a content type or encoding that carries events'),
    422: {
      description: 'Every event was rejected, and kept: `rejected` says why',
      ...{ schema: schemas.AllRejected, type: 'application/problem+json' },
    },
    503: {
      description: 'Refused for now: send the events of `retry` again after `Retry-After` seconds',
      ...{ schema: schemas.Refused, type: 'application/problem+json' },
      headers: { 'Retry-After': 'Seconds' },
    },
  },
} as const

export const ROUTES = {
  'POST /v1/events': {
    ...{ operation: 'sendEvents', summary: 'Send events', scope: 'write', function: 'ingest' },
    // OpenAPI cannot say that headers are required with one content type alone, so binary mode stands in
    // words.
    description:
      'Takes the binary mode of the CloudEvents HTTP binding, too: `data` as `application/json`, attributes in `ce-` headers.',
    ...EVENTS,
  },
  [BEACON]: {
    ...{ operation: 'sendBeacon', summary: 'Send events from a page that is being left', scope: 'write' },
    function: 'ingest',
    isKeyInAddress: true,
    description:
      'For `navigator.sendBeacon`, which sends no headers: `text/plain` is read as JSON, an array as a batch.',
    ...EVENTS,
  },
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
      asOf: {
        schema: text,
        description:
          'As known then: an instant or date, or the id of a run for what it left; batch layer alone',
      },
    },
    answers: {
      200: {
        ...json('Rows, sorted by window, then group, where no order is given', schemas.MetricAnswer),
        otherTypes: { 'text/csv': text },
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
  'GET /v1/contracts': {
    ...{ operation: 'listContracts', summary: 'The registry', scope: 'read', function: 'contracts' },
    keepsTo: LIMITED,
    answers: { 200: json('Contracts', schemas.Contracts) },
  },
  'GET /v1/contracts/{type}/{version}': {
    ...{ operation: 'readContract', summary: 'The JSON Schema of an event’s data', scope: 'read' },
    ...{ function: 'contracts', keepsTo: LIMITED },
    path: {
      type: { schema: text, description: 'Event type' },
      version: { schema: Type.Integer({ minimum: 1 }), description: 'Version of the contract' },
    },
    answers: {
      200: { ...json('JSON Schema', schemas.anything), type: 'application/schema+json' },
      404: problem('No such contract'),
    },
  },
  'GET /v1/runs': {
    ...{ operation: 'listRuns', summary: 'Runs, newest first', scope: 'read', function: 'runs' },
    query: { limit: limit(50) },
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
  'GET /v1/runs/{id}': {
    ...{ operation: 'readRun', summary: 'States entered, counts, reconciliation', scope: 'read' },
    function: 'runs',
    path: { id: { schema: text, description: 'Id of the run' } },
    answers: { 200: json('The run', schemas.Run), 404: problem('No such run') },
  },
  'GET /v1/rejected': {
    ...{ operation: 'listRejected', summary: 'Rejected events, oldest first', scope: 'admin' },
    function: 'rejected',
    query: {
      type: { schema: text, description: 'Event type' },
      from: { schema: schemas.instantOrDate, description: 'Received at or after' },
      after: { schema: text, description: 'Cursor: `next` of the answer before' },
      limit: limit(100),
    },
    answers: { 200: json('Events', schemas.RejectedEvents), 404: problem('`after` names no page') },
  },
  'POST /v1/rejected/replay': {
    ...{ operation: 'replayRejected', summary: 'Send rejected events again', scope: 'admin' },
    function: 'replayRejected',
    body: { 'application/json': schemas.ReplayRejected },
    optionalBody: true,
    answers: { 200: json('What became of them', schemas.Replayed), 404: problem('`after` names no page') },
  },
  'GET /v1/health': {
    ...{ operation: 'health', summary: 'State of every part', scope: undefined, function: 'health' },
    answers: {
      200: json('Requests are served', schemas.Health),
      503: json('Starting', schemas.Health),
    },
  },
  'GET /openapi.json': {
    ...{ operation: 'openapi', summary: 'This document', scope: undefined, function: 'openapi' },
    answers: { 200: json('OpenAPI 3.1', schemas.anything) },
  },
  'GET /metrics': {
    ...{ operation: 'prometheus', summary: 'Prometheus metrics', scope: 'read', function: 'prometheus' },
    answers: { 200: { description: 'Metrics', schema: text, type: 'text/plain' } },
  },
} satisfies Readonly<Record<string, Row>>

export type RouteKey = keyof typeof ROUTES

type Good<A> = A extends { readonly 200: infer G } ? G : A extends { readonly 202: infer G } ? G : never

/** What a route answers when all went well, as JSON. */
export type AnswerOf<K extends RouteKey> =
  Good<(typeof ROUTES)[K]['answers']> extends { readonly schema: infer S extends Type.TSchema }
    ? Type.Static<S>
    : never

/** Names of the parameters of a route's query string. */
export type QueryOf<K extends RouteKey> = (typeof ROUTES)[K] extends { readonly query: infer Q }
  ? { [N in keyof Q]: N extends `${infer Prefix}*` ? `${Prefix}${string}` : N }[keyof Q]
  : never
