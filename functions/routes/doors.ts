import * as Type from 'typebox'
import { json, type Parameter, problem } from '../../core/api/route.ts'
import * as schemas from '../../core/api/schemas.ts'
import { EVENTS, type FUNCTIONS } from './events.ts'
import { type Rows, text } from './row.ts'

/**
 * Doors of others' clients: each takes what its client sends and answers in that client's words. What cannot
 * be an event is a rejected event, so that no batch is refused for one of its events.
 */

const rejected = schemas.Ingested.properties.rejected
const taken = { accepted: Type.Integer({ minimum: 0 }), rejected }

/** Of every door. */
const DOOR = { scope: 'write', function: 'ingest', tag: 'clients' } as const

/** Whatever comes is taken, as far as it is JSON. */
const BODY = { body: { 'application/json': Type.Unknown() } } as const

const REFUSALS = {
  400: problem('The body is not JSON'),
  413: problem('A body over 10 MiB (on AWS 4 MiB as it is sent), or over 10,000 events'),
} as const

const SEGMENT = {
  ...DOOR,
  ...BODY,
  description:
    'As the SDKs of Segment and RudderStack send it. What events become is declared in `pipeline/sources/`.',
  answers: {
    200: json(
      'Durable. Rejected events are listed, and kept',
      Type.Object({ success: Type.Boolean(), ...taken }),
    ),
    ...REFUSALS,
  },
} as const

const JITSU = {
  ...DOOR,
  ...BODY,
  keyAt: 'writeKey',
  description: 'As `@jitsu/js` sends it. What events become is declared in `pipeline/sources/`.',
  answers: {
    200: json('Durable', Type.Object({ ok: Type.Boolean(), ...taken })),
    ...REFUSALS,
    422: {
      description: 'The event was rejected, and kept',
      ...{ schema: schemas.AllRejected, type: 'application/problem+json' },
    },
  },
} as const

const SNOWPLOW = {
  ...DOOR,
  ...BODY,
  description: "The tracker protocol's POST. What events become is declared in `pipeline/sources/`.",
  answers: {
    200: json('Durable. Rejected events are listed, and kept', Type.Object({ ok: Type.Boolean(), ...taken })),
    ...REFUSALS,
  },
} as const

const PARTIAL = Type.Object({
  partialSuccess: Type.Optional(Type.Object({ rejectedLogRecords: text, errorMessage: text })),
})

const CALL: Parameter = { schema: text, description: 'What the client calls, such as `track`' }
const BROWSER_KEY: Parameter = { schema: text, description: 'A key of scope `browser`' }

function segment(call: string) {
  const operation = `segment${call[0]!.toUpperCase()}${call.slice(1)}`
  return { operation, summary: `Segment's ${call}`, keyAt: 'basic', ...SEGMENT } as const
}

export const ROUTES = {
  'POST /v1/batch': segment('batch'),
  'POST /v1/track': segment('track'),
  'POST /v1/identify': segment('identify'),
  'POST /v1/page': segment('page'),
  'POST /v1/screen': segment('screen'),
  'POST /v1/group': segment('group'),
  'POST /v1/alias': segment('alias'),
  'POST /v1/segment/{key}/{call}': {
    ...SEGMENT,
    ...{ operation: 'segmentFromPage', summary: "Any of Segment's calls, of a page" },
    keyAt: 'path',
    path: { key: BROWSER_KEY, call: CALL },
  },
  'POST /api/s/{call}': {
    ...{ operation: 'jitsu', summary: "Jitsu's calls", ...JITSU },
    path: { call: CALL },
  },
  'POST /api/s/s2s/{call}': {
    ...{ operation: 'jitsuFromServer', summary: "Jitsu's calls, of a server", ...JITSU },
    path: { call: CALL },
  },
  'POST /com.snowplowanalytics.snowplow/tp2': {
    ...{ operation: 'snowplow', summary: "Events of Snowplow's trackers", ...SNOWPLOW },
  },
  'POST /com.snowplowanalytics.snowplow/tp2/{key}': {
    ...{ operation: 'snowplowFromPage', summary: "Events of Snowplow's trackers, of a page", ...SNOWPLOW },
    keyAt: 'path',
    path: { key: BROWSER_KEY },
  },
  'POST /v1/logs': {
    ...{ operation: 'otlpLogs', summary: 'Logs of OpenTelemetry, over OTLP/HTTP', ...DOOR, takesBytes: true },
    description:
      'JSON, or protobuf as `application/x-protobuf`, answered in kind. What records become is declared in `pipeline/sources/`.',
    ...BODY,
    answers: {
      200: json('Durable. How many records were rejected, and are kept, is said in words', PARTIAL),
      400: problem('The body is no export of logs'),
      413: REFUSALS[413],
    },
  },
  'POST /v1/hooks/{source}': {
    ...{ operation: 'receiveWebhook', summary: 'A call of a webhook', function: 'hooks', tag: 'clients' },
    scope: undefined,
    description:
      'Needs the signature that the source declares in `pipeline/sources/`. On one machine; not on AWS.',
    path: { source: { schema: text, description: 'Name of a declared source with `door: hook`' } },
    ...BODY,
    answers: {
      200: json('Durable, or rejected and kept', Type.Object(taken)),
      ...REFUSALS,
      401: problem('It is not signed as its source declares'),
      404: problem('No such source of webhooks is declared'),
    },
  },
  'POST /api/v1/events': {
    ...{ operation: 'sendEventsAsOpenMeter', summary: 'Send events, where OpenMeter has them' },
    ...{ scope: 'write', function: 'ingest', tag: 'clients' },
    description: '`POST /v1/events` under the fixed path of `@openmeter/sdk`.',
    ...EVENTS,
  },
} satisfies Rows<keyof typeof FUNCTIONS>
