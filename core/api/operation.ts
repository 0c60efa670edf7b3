import type { TSchema } from 'typebox'
import type { Node } from './pipeline-schemas.ts'
import { type Answer, type Parameter, problem, type Route } from './route.ts'

/** One call: its answers are those of its row plus the refusals that a call of its kind can meet. */
export function operationOf(route: Route): Node {
  const { operation, summary, path = {}, query = {}, body, optionalBody = false, answers } = route
  const parameters = [
    ...Object.entries(path).map(([name, one]) => parameterOf('path', name, one)),
    ...Object.entries(query).map(([name, one]) => parameterOf('query', name, one)),
  ]
  const all = { ...refusalsOf(route), ...answers }
  const needs = needOf(route)
  return {
    operationId: operation,
    summary,
    description: [route.description, needs].filter(part => part !== undefined).join(' '),
    security: securityOf(route),
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && { requestBody: { required: !optionalBody, content: contentOf(body) } }),
    responses: Object.fromEntries([
      ...Object.entries(all).map(([status, one]) => [status, responseOf(one)]),
      ['default', responseOf(problem('Any other failure'))],
    ]),
  }
}

/** The ways to show a key, any one of them; where it stands in the path none is said. */
function securityOf({ scope, isKeyInAddress, keyAt }: Route): readonly Node[] {
  if (scope === undefined || keyAt === 'path') return []
  if (isKeyInAddress) return [{ browserKey: [] }]
  return keyAt === undefined ? [{ key: [] }] : [{ key: [] }, { [keyAt]: [] }]
}

function needOf({ scope, isKeyInAddress, keyAt }: Route): string {
  if (scope === undefined) return 'Needs no key.'
  if (keyAt === 'path') return 'Needs a key of scope `browser` in its path.'
  if (isKeyInAddress) return 'Needs a key of scope `browser`, as `key` in the address.'
  return `Needs a key with the scope \`${scope}\`.`
}

/** The gateway's throttle on AWS answers 429, and 503 is what any part may come to. */
const RETRY_AFTER = { 'Retry-After': 'Seconds' }

/**
 * What no row has to say, since every call with a key, a body or a part of its path to fill in can meet it.
 */
function refusalsOf({ scope, path, body }: Route): Readonly<Record<number, Answer>> {
  return {
    400: problem(
      body === undefined ? 'A parameter is unknown or has an impossible value' : 'The request cannot be read',
    ),
    ...(scope !== undefined && {
      401: problem('No valid key'),
      403: problem(`The key lacks the scope ${scope}`),
    }),
    ...(path !== undefined && { 404: problem('There is no such thing') }),
    ...(body !== undefined && {
      413: problem('The body is too large'),
      415: problem('Not a content type or encoding that this call reads'),
    }),
    429: { ...problem('Too many requests for now'), headers: RETRY_AFTER },
    503: {
      ...problem('Not answered for now: send the request again after `Retry-After` seconds'),
      headers: RETRY_AFTER,
    },
  }
}

function responseOf(answer: Answer): Node {
  const { description, schema, isEmpty, type = 'application/json', otherTypes, headers } = answer
  const described = Object.entries(headers ?? {}).map(([name, text]) => [
    name,
    { schema: { type: 'integer', minimum: 1 }, description: text },
  ])
  return {
    description,
    ...(headers !== undefined && { headers: Object.fromEntries(described) }),
    ...(isEmpty !== true && { content: contentOf({ [type]: schema, ...otherTypes }) }),
  }
}

function contentOf(schemasByType: Readonly<Record<string, TSchema>>): Node {
  return Object.fromEntries(Object.entries(schemasByType).map(([type, schema]) => [type, { schema }]))
}

function parameterOf(where: 'path' | 'query', name: string, parameter: Parameter): Node {
  const { schema, description, isRepeated = false, isRequired = where === 'path' } = parameter
  const isList = (schema as { type?: unknown }).type === 'array'
  const common = { name, in: where, required: isRequired, schema, description }
  return isList ? { ...common, style: 'form', explode: isRepeated } : common
}
