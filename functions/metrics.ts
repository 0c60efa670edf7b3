import type { Access } from '../core/access/access.ts'
import { isReadable } from '../core/access/limited-rows.ts'
import { answerCsv } from '../core/api/answer-csv.ts'
import { answerTable, type WriteTable } from '../core/api/answer-table.ts'
import { type AnswerType, answerType, PARQUET } from '../core/api/answer-type.ts'
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
  /** Writes answers as Parquet. Not there on AWS: an engine is 62 MB beside a function of 0.1 MB. */
  readonly writeTable?: WriteTable
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
  const type = answerType(event.headers['accept'], deps.writeTable !== undefined)
  const found = await ask()
  const rows = type === 'csv' ? csvRows(metric, asked, found) : JSON.stringify(found.rows)
  const says = [rows, saidBeside(found), ...(type === 'parquet' ? [type] : [])]
  const write: Readonly<Record<AnswerType, () => HttpResponse | Promise<HttpResponse>>> = {
    json: () => jsonText(answerText(found, rows)),
    csv: () => csv(found, rows),
    parquet: () => parquet(deps.writeTable!, metric, asked, found),
  }
  return delivered(tagged(event, await write[type](), says), LESS, deps.longestAnswer)
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

const fieldsOf = (metric: Metric, { by }: MetricQuery): readonly string[] =>
  by ?? metric.by.map(({ name }) => name)

function csvRows(metric: Metric, asked: MetricQuery, { rows }: MetricAnswer): string {
  return answerCsv(metric, fieldsOf(metric, asked), rows)
}

/** What stands beside the rows goes into a header. */
const besideOf = ({ provenance, total }: MetricAnswer): string =>
  JSON.stringify({ ...provenance, ...(total !== undefined && { total }) }).replaceAll(/[^ -~]/g, '?')

function csv(found: MetricAnswer, body: string): HttpResponse {
  const headers = {
    'content-type': 'text/csv; charset=utf-8; header=present',
    'tributary-provenance': besideOf(found),
  }
  return { statusCode: 200, headers, body }
}

/** What stands beside the rows goes into the file too, which is kept without its headers. */
async function parquet(write: WriteTable, metric: Metric, asked: MetricQuery, found: MetricAnswer) {
  const { window, timezone } = found
  const beside = besideOf(found)
  const about = JSON.stringify({ metric: metric.name, window, timezone, provenance: JSON.parse(beside) })
  const file = await write(answerTable(metric, fieldsOf(metric, asked), found.rows), about)
  return {
    statusCode: 200,
    headers: { 'content-type': PARQUET, 'tributary-provenance': beside },
    body: Buffer.from(file).toString('base64'),
    isBase64Encoded: true,
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
