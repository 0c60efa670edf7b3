import type { JsonSchema } from '../data/fields.ts'
import { WINDOWS } from '../data/time.ts'
import type { Metric } from '../declare/metric-plan.ts'
import type { Contract, Pipeline } from '../declare/pipeline.ts'
import type { Scope } from '../keys.ts'
import { contractSchemas, fixedSchemas, metricSchemas } from './openapi-schemas.ts'

type Node = Readonly<Record<string, unknown>>

/**
 * The OpenAPI 3.1 description of the HTTP API of a pipeline: every call, every contract's schema, every metric with the
 * fields it groups by and the values it gives. The same pipeline always gives the same document.
 */
export function describeApi(pipeline: Pipeline): Node {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tributary',
      version: '1',
      description: 'Send events; query metrics that are fresh within a second and exact after every batch.',
    },
    paths: {
      ...eventPaths(pipeline.contracts),
      ...metricPaths(pipeline.metrics),
      ...registryPaths(),
      ...runPaths(),
      ...rejectedPaths(),
      ...systemPaths(),
    },
    components: {
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'A key with the scope that the call names' },
      },
      schemas: {
        ...fixedSchemas(),
        ...contractSchemas(pipeline.contracts),
        ...metricSchemas(pipeline.metrics),
      },
    },
  }
}

const ref = (name: string): Node => ({ $ref: `#/components/schemas/${name}` })
const content = (type: string, schema: Node): Node => ({ [type]: { schema } })
const ok = (description: string, schema: Node): Node => ({
  description,
  content: content('application/json', schema),
})
const problem = (description: string): Node => ({
  description,
  content: content('application/problem+json', ref('Problem')),
})

/** One call: its answers are the good ones plus the refusals that every call with a key can give. */
function call(
  operationId: string,
  summary: string,
  scope: Scope | undefined,
  responses: Node,
  more: Node = {},
): Node {
  const refusals =
    scope === undefined
      ? {}
      : { 401: problem('No valid key'), 403: problem(`The key lacks the scope ${scope}`) }
  return {
    operationId,
    summary,
    security: scope === undefined ? [] : [{ key: [] }],
    ...(scope !== undefined && { description: `Needs a key with the scope \`${scope}\`.` }),
    ...more,
    responses: { ...responses, ...refusals, default: problem('Any other failure') },
  }
}

function parameter(where: 'path' | 'query', name: string, schema: Node, description: string): Node {
  return { name, in: where, required: where === 'path', schema, description }
}

const text = { type: 'string' } as const
const instant = { type: 'string', anyOf: [{ format: 'date-time' }, { format: 'date' }] } as const

function body(types: Readonly<Record<string, Node>>): Node {
  const entries = Object.entries(types).map(([type, schema]) => [type, { schema }])
  return { requestBody: { required: true, content: Object.fromEntries(entries) } }
}

function eventPaths(contracts: readonly Contract[]): Node {
  const event = contracts.length === 0 ? ref('Event') : { anyOf: contracts.map(c => ref(eventName(c))) }
  const responses = {
    202: ok('Durable. Rejected events are listed, and kept', ref('Ingested')),
    400: problem('The body cannot be read'),
    413: problem('Over 10 MB or 10,000 events'),
    415: problem('Not a content type or encoding that carries events'),
    422: ok('Every event was rejected', ref('Ingested')),
    503: {
      description: 'Refused for now: send the events of `retry` again after `Retry-After` seconds',
      headers: { 'Retry-After': { schema: { type: 'integer', minimum: 1 }, description: 'Seconds' } },
      content: content('application/problem+json', ref('Refused')),
    },
  }
  const types = {
    'application/cloudevents+json': event,
    'application/cloudevents-batch+json': { type: 'array', maxItems: 10_000, items: event },
    'application/json': { description: 'Binary mode: `data` alone, attributes in `ce-` headers' },
  }
  return { '/v1/events': { post: call('sendEvents', 'Send events', 'write', responses, body(types)) } }
}

/** Name of a contract's event in `components.schemas`. */
function eventName({ type, version }: Contract): string {
  return `${type}.${version}`
}

function metricPaths(metrics: readonly Metric[]): Node {
  const list = call('listMetrics', 'The declared metrics', 'read', { 200: ok('Metrics', ref('Metrics')) })
  const paths: Record<string, Node> = { '/v1/metrics': { get: list } }
  for (const metric of metrics) {
    const responses = {
      200: ok('Rows sorted by window, then group', ref(`metric.${metric.name}`)),
      400: problem('A parameter is unknown or has an impossible value'),
    }
    const details = { parameters: metricParameters(metric), tags: ['metrics'] }
    paths[`/v1/metrics/${metric.name}`] = {
      get: call(`query_${metric.name}`, metric.title, 'read', responses, details),
    }
  }
  return paths
}

function metricParameters(metric: Metric): readonly Node[] {
  const names = metric.by.map(field => field.name)
  const windows = Object.entries(WINDOWS)
    .filter(([, length]) => length >= WINDOWS[metric.window])
    .map(([name]) => name)
  return [
    parameter('query', 'from', instant, 'Windows that start at or after'),
    parameter('query', 'to', instant, 'Windows that start before'),
    parameter('query', 'window', { type: 'string', enum: windows, default: metric.window }, 'Bucket'),
    {
      ...parameter(
        'query',
        'by',
        { type: 'array', items: { type: 'string', enum: names } },
        'Group by fewer',
      ),
      style: 'form',
      explode: false,
    },
    parameter(
      'query',
      'layer',
      { type: 'string', enum: ['merged', 'batch', 'speed'], default: 'merged' },
      'Layer',
    ),
    ...metric.by.map(field =>
      parameter(
        'query',
        `where.${field.name}`,
        { type: PARAMETER_TYPES[field.kind] },
        `Only this ${field.name}`,
      ),
    ),
  ]
}

const PARAMETER_TYPES = {
  string: 'string',
  instant: 'string',
  integer: 'integer',
  number: 'number',
  boolean: 'boolean',
  json: 'string',
} as const

function registryPaths(): Node {
  const parameters = [
    parameter('path', 'type', text, 'Event type'),
    parameter('path', 'version', { type: 'integer', minimum: 1 }, 'Version of the contract'),
  ]
  const schema = {
    description: 'JSON Schema',
    content: content('application/schema+json', { type: 'object' }),
  }
  return {
    '/v1/contracts': {
      get: call('listContracts', 'The registry', 'read', { 200: ok('Contracts', ref('Contracts')) }),
    },
    '/v1/contracts/{type}/{version}': {
      get: call(
        'readContract',
        'The JSON Schema of an event’s data',
        'read',
        { 200: schema, 404: problem('No such contract') },
        { parameters },
      ),
    },
  }
}

function runPaths(): Node {
  const limit = parameter(
    'query',
    'limit',
    { type: 'integer', minimum: 1, maximum: 1000, default: 50 },
    'At most',
  )
  const id = parameter('path', 'id', text, 'Id of the run')
  return {
    '/v1/runs': {
      get: call(
        'listRuns',
        'Runs, newest first',
        'read',
        { 200: ok('Runs', ref('Runs')) },
        { parameters: [limit] },
      ),
      post: call(
        'startRun',
        'Start a state machine',
        'admin',
        { 202: ok('Started', ref('Run')), 404: problem('No such state machine') },
        body({ 'application/json': ref('StartRun') }),
      ),
    },
    '/v1/runs/{id}': {
      get: call(
        'readRun',
        'States entered, counts, reconciliation',
        'read',
        { 200: ok('The run', ref('Run')), 404: problem('No such run') },
        { parameters: [id] },
      ),
    },
  }
}

function rejectedPaths(): Node {
  const parameters = [
    parameter('query', 'type', text, 'Event type'),
    parameter('query', 'from', instant, 'Received at or after'),
    parameter('query', 'after', text, 'Cursor: `next` of the answer before'),
    parameter('query', 'limit', { type: 'integer', minimum: 1, maximum: 1000, default: 100 }, 'At most'),
  ]
  return {
    '/v1/rejected': {
      get: call(
        'listRejected',
        'Rejected events, oldest first',
        'admin',
        { 200: ok('Events', ref('RejectedEvents')) },
        { parameters },
      ),
    },
    '/v1/rejected/replay': {
      post: call(
        'replayRejected',
        'Send rejected events again',
        'admin',
        { 200: ok('What became of them', ref('Replayed')) },
        body({ 'application/json': ref('ReplayRejected') }),
      ),
    },
  }
}

function systemPaths(): Node {
  const prometheus = { description: 'Metrics', content: content('text/plain', text) }
  const health = {
    200: ok('Requests are served', ref('Health')),
    503: ok('Starting', ref('Health')),
  }
  const self: JsonSchema = { type: 'object' }
  return {
    '/v1/health': { get: call('health', 'State of every part', undefined, health) },
    '/openapi.json': { get: call('openapi', 'This document', undefined, { 200: ok('OpenAPI 3.1', self) }) },
    '/metrics': { get: call('prometheus', 'Prometheus metrics', 'read', { 200: prometheus }) },
  }
}
