import type { TSchema } from 'typebox'
import type { Metric } from '../declare/metric-plan.ts'
import type { Contract, Pipeline } from '../declare/pipeline.ts'
import {
  answerName,
  contractSchemas,
  eventName,
  metricParameters,
  metricSchemas,
  type Node,
  reference,
} from './pipeline-schemas.ts'
import { type Answer, type Parameter, problem, type Route, type Routes } from './route.ts'
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
    info: {
      title: 'Tributary',
      version: '1',
      description: 'Send events; query metrics that are fresh within a second and exact after every batch.',
    },
    paths: pathsOf(routes, metrics, refer),
    components: {
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'A key with the scope that the call names' },
      },
      schemas: {
        ...Object.fromEntries(Object.entries(NAMED).map(([name, schema]) => [name, refer.inside(schema)])),
        ...contractSchemas(contracts),
        ...metricSchemas(metrics),
      },
    },
  }
}

const NAMES: ReadonlyMap<unknown, string> = new Map(
  Object.entries(NAMED).map(([name, schema]) => [schema, name]),
)

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
  const add = (key: string, operation: Node): void => {
    const [method = '', path = ''] = key.split(' ')
    paths[path] = { ...paths[path], [method.toLowerCase()]: refer(operation) }
  }
  for (const [key, route] of Object.entries(routes)) {
    if (route.each === undefined) add(key, operationOf(route))
    else for (const metric of metrics) add(key.replace('{name}', metric.name), metricOperation(route, metric))
  }
  return paths
}

/** A route of all metrics, as it is for one of them. */
function metricOperation(route: Route, metric: Metric): Node {
  const { operation, query = {}, answers } = route
  const own = { ...answers[200]!, schema: reference(answerName(metric)) as unknown as TSchema }
  const narrowed = operationOf({
    ...route,
    operation: operation.replace('{name}', metric.name),
    summary: metric.title,
    path: {},
    query: metricParameters(metric, query),
    answers: { ...answers, 200: own },
  })
  return { ...narrowed, tags: ['metrics'] }
}

/** One call: its answers are the good ones plus the refusals that every call with a key can give. */
function operationOf({ operation, summary, scope, path = {}, query = {}, body, answers }: Route): Node {
  const parameters = [
    ...Object.entries(path).map(([name, one]) => parameterOf('path', name, one)),
    ...Object.entries(query).map(([name, one]) => parameterOf('query', name, one)),
  ]
  const refusals: Readonly<Record<string, Answer>> =
    scope === undefined
      ? {}
      : { 401: problem('No valid key'), 403: problem(`The key lacks the scope ${scope}`) }
  const all = { ...answers, ...refusals, default: problem('Any other failure') }
  return {
    operationId: operation,
    summary,
    security: scope === undefined ? [] : [{ key: [] }],
    ...(scope !== undefined && { description: `Needs a key with the scope \`${scope}\`.` }),
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && { requestBody: { required: true, content: contentOf(body) } }),
    responses: Object.fromEntries(Object.entries(all).map(([status, one]) => [status, responseOf(one)])),
  }
}

function responseOf({ description, schema, type = 'application/json', headers }: Answer): Node {
  const described = Object.entries(headers ?? {}).map(([name, text]) => [
    name,
    { schema: { type: 'integer', minimum: 1 }, description: text },
  ])
  return {
    description,
    ...(headers !== undefined && { headers: Object.fromEntries(described) }),
    content: contentOf({ [type]: schema }),
  }
}

function contentOf(schemasByType: Readonly<Record<string, TSchema>>): Node {
  return Object.fromEntries(Object.entries(schemasByType).map(([type, schema]) => [type, { schema }]))
}

/** Lists go in one parameter, separated by commas. */
function parameterOf(where: 'path' | 'query', name: string, { schema, description }: Parameter): Node {
  const isList = (schema as { type?: unknown }).type === 'array'
  const parameter = { name, in: where, required: where === 'path', schema, description }
  return isList ? { ...parameter, style: 'form', explode: false } : parameter
}
