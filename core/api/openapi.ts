import type { TSchema } from 'typebox'
import type { Metric } from '../declare/metric-plan.ts'
import type { Contract, Pipeline } from '../declare/pipeline.ts'
import { METRIC_NAME, METRIC_OR_TYPE_NAME, TYPE_NAME } from '../declare/run-input.ts'
import { metricParameters } from './metric-parameters.ts'
import { operationOf } from './operation.ts'
import {
  answerName,
  contractSchemas,
  eventName,
  metricSchemas,
  type Node,
  reference,
} from './pipeline-schemas.ts'
import type { Route, Routes } from './route.ts'
import { Event, NAMED } from './schemas.ts'

/**
 * The OpenAPI 3.1 description of the HTTP API of a pipeline: every route, every contract's schema, every
 * metric with the fields it groups by and the values it gives. The same routes and pipeline always give the
 * same document.
 */
export function describeApi(pipeline: Pipeline, routes: Routes): Node {
  const { contracts, metrics } = pipeline
  const refer = referrer(contracts)
  return {
    openapi: '3.1.0',
    info: INFO,
    // Where this document came from, whatever the address and the port.
    servers: [{ url: '/', description: 'This platform' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths: pathsOf(routes, metrics, refer),
    components: {
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'A key with the scope that the call names' },
        basic: { type: 'http', scheme: 'basic', description: 'A key as the user, with no password' },
        writeKey: {
          ...{ type: 'apiKey', in: 'header', name: 'x-write-key' },
          description: '`<anything>:<key>`',
        },
        browserKey: { type: 'apiKey', in: 'query', name: 'key', description: 'A key of scope `browser`' },
      },
      schemas: {
        ...namedSchemas(contracts, refer),
        ...contractSchemas(contracts),
        ...metricSchemas(metrics),
        ...declaredNames(pipeline),
      },
    },
  }
}

const INFO = {
  title: 'Tributary',
  version: '1',
  description: `Send events; query metrics that are fresh within a second and exact after every batch.
Every refusal is RFC 9457 problem details, with what is wrong and the remedy in \`detail\`. On AWS the gateway
refuses some requests before the platform sees them: those are \`application/json\` with a \`message\`.`,
  contact: { name: 'Whoever runs this platform' },
  license: { name: 'MIT', identifier: 'MIT' },
}

/** Calls by the first part of their path after the version; `platform` has the rest. */
const TAGS = {
  events: 'Sending events',
  beacon: 'Sending events from pages that are being left',
  metrics: 'Querying metrics',
  query: 'Querying several metrics',
  clients: "Events of others' clients, in the shapes that those send",
  contracts: 'The registry of event types',
  runs: 'Runs of state machines',
  rejected: 'Events that failed their contract',
  platform: 'The platform itself',
} as const

function tagOf(path: string): string {
  const [, version, name = ''] = path.split('/')
  return version === 'v1' && Object.hasOwn(TAGS, name) ? name : 'platform'
}

/** The schemas that have a name. Where there are contracts, an event is one of theirs. */
function namedSchemas(contracts: readonly Contract[], refer: Referrer): Node {
  const named = Object.entries(NAMED).filter(([, schema]) => schema !== Event || contracts.length === 0)
  return Object.fromEntries(named.map(([name, schema]) => [name, refer.inside(schema)]))
}

/** What the names in inputs of runs may be. A list without any would be no JSON Schema: then any text. */
function declaredNames({ metrics, latest }: Pipeline): Readonly<Record<string, Node>> {
  const metricNames = metrics.map(({ name }) => name)
  const types = [...latest.keys()]
  const oneOf = (names: readonly string[]) =>
    names.length === 0 ? METRIC_NAME : { type: 'string', enum: names }
  return {
    MetricName: oneOf(metricNames),
    EventType: oneOf(types),
    MetricNameOrEventType: oneOf([...new Set([...metricNames, ...types])]),
  }
}

const NAMES: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  ...Object.entries(NAMED).map(([name, schema]) => [schema, name] as const),
  [METRIC_NAME, 'MetricName'],
  [TYPE_NAME, 'EventType'],
  [METRIC_OR_TYPE_NAME, 'MetricNameOrEventType'],
])

type Referrer = { (schema: unknown): unknown; inside(schema: TSchema): Node }

/**
 * Puts references in the place of schemas that have a name. An event stands for those of the declared types.
 */
function referrer(contracts: readonly Contract[]): Referrer {
  const events = { anyOf: contracts.map(one => reference(eventName(one))) }
  const inside = (node: object): Node =>
    Object.fromEntries(Object.entries(node).map(([key, value]) => [key, refer(value)]))
  const refer = (node: unknown): unknown => {
    if (typeof node !== 'object' || node === null) return node
    if (node === Event && contracts.length > 0) return events
    const name = NAMES.get(node)
    if (name !== undefined) return reference(name)
    return Array.isArray(node) ? node.map(refer) : inside(node)
  }
  return Object.assign(refer, { inside })
}

function pathsOf(routes: Routes, metrics: readonly Metric[], refer: Referrer): Node {
  const paths: Record<string, Record<string, unknown>> = {}
  const add = (key: string, operation: Node, tag?: string): void => {
    const [method = '', path = ''] = key.split(' ')
    const tagged = { ...operation, tags: [tag ?? tagOf(path)] }
    paths[path] = { ...paths[path], [method.toLowerCase()]: refer(tagged) }
  }
  for (const [key, route] of Object.entries(routes)) {
    if (route.each === undefined) add(key, operationOf(route), route.tag)
    else for (const metric of metrics) add(key.replace('{name}', metric.name), metricOperation(route, metric))
  }
  return paths
}

/** A route of all metrics, as it is for one of them. */
function metricOperation(route: Route, metric: Metric): Node {
  const { operation, query = {}, answers, path: _, ...rest } = route
  const own = { ...answers[200]!, schema: reference(answerName(metric)) as unknown as TSchema }
  return operationOf({
    ...rest,
    operation: operation.replace('{name}', metric.name),
    summary: metric.title,
    query: metricParameters(metric, query),
    answers: { ...answers, 200: own },
  })
}
