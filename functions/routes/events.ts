import * as Type from 'typebox'
import { Journey, ListedEvents } from '../../core/api/event-schemas.ts'
import { json, limit, problem } from '../../core/api/route.ts'
import * as schemas from '../../core/api/schemas.ts'
import { Verdicts } from '../../core/api/verdict-schemas.ts'
import { BEACON } from '../middleware/shown-key.ts'
import { type Functions, LIMITED, type Rows, SMALL, text, WHOLE_CPU } from './row.ts'

/** Of each call that takes events. */
export const EVENTS = {
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

/** What takes events in. */
export const FUNCTIONS = {
  ingest: {
    description: 'Validates events and puts them into the stream',
    // Ends before its epoch counts as closed (60 s).
    ...{ memory: WHOLE_CPU, timeout: 29, layers: ['contracts'] },
    ...{ may: ['takeIn', 'keepRejected', 'countUse'], parts: ['ingest', 'report', 'allow', 'pipeline'] },
  },
  checkEvents: {
    description: 'Judges events as ingest does, and stores nothing',
    ...{ memory: SMALL, timeout: 29, layers: ['contracts'] },
    ...{ may: ['readPartitioning', 'countUse'], parts: ['checkEvents'] },
  },
} satisfies Functions

const RANGE = {
  since: {
    schema: schemas.instantOrDate,
    description: 'Received at or after; as long as ids are remembered',
  },
  until: { schema: schemas.instantOrDate, description: 'Received at or before; now' },
} as const

/** Which events: the same for those that came in, and those that do. */
const FILTER = {
  type: { schema: text, description: 'Event type; all' },
  source: { schema: text, description: 'Its source; any' },
  text: { schema: text, description: 'Text that the id has in it' },
  verdict: {
    schema: Type.Enum(['accepted', 'duplicate', 'rejected'], { type: 'string' }),
    description: 'What became of it; `rejected` is for admins',
  },
  'where.*': { schema: text, description: 'The value of a field; several: one of them' },
} as const

export const ROUTES = {
  'GET /v1/events': {
    ...{ operation: 'listEvents', summary: 'What came in, newest first', scope: 'read', function: 'events' },
    ...{
      keepsTo: LIMITED,
      description: 'Rejected events among them for admins. On one machine; not on AWS.',
    },
    query: {
      ...FILTER,
      since: { schema: schemas.instantOrDate, description: 'Received at or after; a day before' },
      until: RANGE.until,
      before: { schema: text, description: 'Cursor: `next` of the answer before' },
      limit: limit(50, 500),
    },
    answers: {
      200: json('Events; a page may have none and a `next` all the same', ListedEvents),
    },
  },
  'GET /v1/events/stream': {
    ...{ operation: 'watchEvents', summary: 'What comes in, as it does', scope: 'read', function: 'events' },
    keepsTo: LIMITED,
    description:
      'Server-sent events: `events` with those that came in, how many were left out as they came too fast for this reader, and how many of all types nobody looked at. On one machine; not on AWS.',
    query: FILTER,
    answers: {
      200: {
        description: 'Events, for as long as somebody listens',
        schema: text,
        type: 'text/event-stream',
      },
    },
  },
  'POST /v1/events': {
    ...{ operation: 'sendEvents', summary: 'Send events', scope: 'write', function: 'ingest' },
    // OpenAPI cannot say that headers are required with one content type alone, so binary mode stands in
    // words.
    description:
      'Takes the binary mode of the CloudEvents HTTP binding, too: `data` as `application/json`, attributes in `ce-` headers.',
    ...EVENTS,
  },
  'POST /v1/events/check': {
    ...{ operation: 'checkEvents', summary: 'What sending events would come to', scope: 'write' },
    function: 'checkEvents',
    description:
      'The judgement of `POST /v1/events`, by the same code: at most 100 events, none of which is stored, counted or kept as rejected.',
    body: EVENTS.body,
    answers: {
      200: json('A verdict an event', Verdicts),
      413: problem('A body that `POST /v1/events` would not take, or over 100 events'),
    },
  },
  [BEACON]: {
    ...{ operation: 'sendBeacon', summary: 'Send events from a page that is being left', scope: 'write' },
    function: 'ingest',
    isKeyInAddress: true,
    description:
      'For `navigator.sendBeacon`, which sends no headers: `text/plain` is read as JSON, an array as a batch.',
    ...EVENTS,
  },
  'GET /v1/events/{id}': {
    ...{ operation: 'followEvent', summary: 'What became of an event', scope: 'read', function: 'events' },
    ...{ keepsTo: LIMITED, description: 'On one machine; not on AWS.' },
    path: { id: { schema: text, description: 'The id that its sender gave it' } },
    query: {
      type: { schema: text, description: 'Event type; all' },
      source: { schema: text, description: 'Its source; any' },
      ...RANGE,
    },
    answers: {
      200: json('Its receipts, where it is, and the cells that it moved', Journey),
      404: problem('No such event was received in the range'),
    },
  },
} satisfies Rows<keyof typeof FUNCTIONS>
