import type { Access } from '../core/access/access.ts'
import { isReadable } from '../core/access/limited-rows.ts'
import { answerCsv, prefersCsv } from '../core/api/answer-csv.ts'
import type { Metric } from '../core/declare/metric-plan.ts'
import { TributaryError } from '../core/errors.ts'
import { MAX_ROWS } from '../core/fold/rollup.ts'
import { answerText, saidBeside } from '../steps/answer-text.ts'
import type { MetricAnswer, MetricQuery } from '../steps/query-metric.ts'
import { delivered } from './middleware/deliverable.ts'
import { tagged } from './middleware/entity-tag.ts'
import { type HttpEvent, type HttpResponse, json, jsonText } from './middleware/http.ts'
import type { Work } from './middleware/http-function.ts'
import { queryOf, single } from './middleware/query-string.ts'
import { type AskedMetricDeps, askedMetric } from './query/asked-metric.ts'

export type MetricsDeps = AskedMetricDeps & {
  /** Longest answer that can be given, bytes; Lambda's where it is not given. */
  readonly longestAnswer?: number
}

/** GET /v1/metrics, GET /v1/metrics/{name} and GET /v1/query. */
export function createHandler(deps: MetricsDeps): Work {
  return (event, access) => {
    const name = event.pathParameters?.['name']
    if (name !== undefined) return query(deps, event, name, access)
    if (event.routeKey === 'GET /v1/query') return queryAll(deps, event, access)
    const readable = deps.pipeline.metrics.filter(metric => isReadable(metric, access))
    return json(200, { metrics: readable.map(describe) })
  }
}

async function query(deps: MetricsDeps, event: HttpEvent, name: string, access: Access) {
  const { metric, asked, ask } = askedMetric(deps, name, queryOf(event), access)
  const found = await ask()
  const isCsv = prefersCsv(event.headers['accept'])
  const rows = isCsv ? csvRows(metric, asked, found) : JSON.stringify(found.rows)
  const answer = isCsv ? csv(found, rows) : jsonText(answerText(found, rows))
  return delivered(tagged(event, answer, [rows, saidBeside(found)]), LESS, deps.longestAnswer)
}

/** GET /v1/query: the answers of several metrics to one question. */
async function queryAll(deps: MetricsDeps, event: HttpEvent, access: Access) {
  const query = queryOf(event)
  const names = namesOf(single(query, 'metrics'))
  query.delete('metrics')
  const questions = names.map(name => askedMetric(deps, name, query, access))
  const found: MetricAnswer[] = []
  let count = 0
  // One after the other, so that no more is in memory than one of them may have.
  for (const { ask } of questions) {
    const answer = await ask()
    count += answer.rows.length
    if (count > MAX_ROWS) throw tooManyRows()
    found.push(answer)
  }
  const rows = found.map(one => JSON.stringify(one.rows))
  const answers = found.map((one, i) => answerText(one, rows[i]!))
  const answer = jsonText(`{"answers":[${answers.join(',')}]}`)
  return delivered(tagged(event, answer, [...rows, ...found.map(saidBeside)]), LESS, deps.longestAnswer)
}

function tooManyRows(): TributaryError {
  return new TributaryError(
    'too_large',
    `the answers have more than ${MAX_ROWS} rows together; ask for fewer metrics, or ${LESS}`,
  )
}

/** Metrics of one call at most. */
const MOST_METRICS = 10

function namesOf(text = ''): readonly string[] {
  const names = [...new Set(text.split(',').filter(name => name !== ''))]
  if (names.length > 0 && names.length <= MOST_METRICS) return names
  throw new TributaryError(
    'bad_request',
    `parameter "metrics" has ${names.length} names; give 1 to ${MOST_METRICS}, separated by commas, of those that GET /v1/metrics lists`,
  )
}

const LESS = 'less: from and to, fewer fields in by, a coarser window, where.<field>'

function csvRows(metric: Metric, { by }: MetricQuery, { rows }: MetricAnswer): string {
  return answerCsv(metric, by ?? metric.by.map(({ name }) => name), rows)
}

/** What stands beside the rows goes into a header. */
function csv({ provenance, total }: MetricAnswer, body: string): HttpResponse {
  const beside = JSON.stringify({ ...provenance, ...(total !== undefined && { total }) })
  return {
    statusCode: 200,
    headers: {
      'content-type': 'text/csv; charset=utf-8; header=present',
      'tributary-provenance': beside.replaceAll(/[^ -~]/g, '?'),
    },
    body,
  }
}

function describe({ name, title, description, type, window, by, measures }: Metric) {
  return {
    name,
    title,
    description,
    type,
    window,
    by: by.map(field => ({ name: field.name, kind: field.kind, nullable: field.nullable })),
    measures: measures.map(({ name, measure }) => ({ name, ...measure })),
  }
}
