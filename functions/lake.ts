import { randomUUID } from 'node:crypto'
import type { Access } from '../core/access/access.ts'
import type { Pipeline } from '../core/declare/pipeline.ts'
import { TributaryError } from '../core/errors.ts'
import type { ResultFormat, StatementResult } from '../core/statements/statement.ts'
import { visibleTables } from '../core/statements/visible-tables.ts'
import type { AskLake } from '../steps/lake/ask-lake.ts'
import { type HttpEvent, type HttpResponse, json, type Waiting } from './middleware/http.ts'
import type { Work } from './middleware/http-function.ts'
import { jsonObject } from './middleware/json-body.ts'

export type LakeDeps = {
  readonly pipeline: Pick<Pipeline, 'metrics' | 'latest' | 'models'>
  readonly askLake: AskLake
}

/** GET /v1/lake/tables, POST /v1/lake/query and DELETE /v1/lake/queries/{id}. */
export function createHandler({ pipeline, askLake }: LakeDeps): Work {
  return async (event, access, waiting) => {
    switch (event.routeKey) {
      case 'GET /v1/lake/tables':
        return json(200, { tables: tablesFor(pipeline, access) })
      case 'DELETE /v1/lake/queries/{id}':
        return cancel(askLake, event.pathParameters?.['id'] ?? '', access)
      default:
        return ask(askLake, event, access, waiting)
    }
  }
}

function tablesFor(pipeline: LakeDeps['pipeline'], access: Access) {
  return visibleTables(pipeline, access).map(({ table: { schema, name, description, columns } }) => ({
    ...{ schema, name, description },
    columns: columns.map(column => ({
      name: column.name,
      type: column.type,
      description: column.description,
    })),
  }))
}

/** One caller's ids are none of another's. */
const ownId = ({ name }: Access, id: string) => `${name}/${id}`

const LONGEST_SQL = 100_000
const ID = /^[\w-]{1,64}$/

async function ask(
  askLake: AskLake,
  event: HttpEvent,
  access: Access,
  waiting: Waiting | undefined,
): Promise<HttpResponse> {
  const { sql, id = randomUUID() } = jsonObject(event, ['sql', 'id'])
  if (typeof sql !== 'string' || sql === '' || sql.length > LONGEST_SQL)
    throw new TributaryError('bad_request', `"sql" must be text of at most ${LONGEST_SQL} characters`)
  if (typeof id !== 'string' || !ID.test(id))
    throw new TributaryError('bad_request', '"id" must be at most 64 letters, digits, "-" and "_"')
  const format = formatOf(event.headers['accept'])
  const start = performance.now()
  // Nobody is left to read what it would find. A failure to say so is told by the statement's own limits.
  waiting?.whenGone(() => void askLake.cancel(ownId(access, id)).catch(() => undefined))
  const result = await askLake.ask({ id: ownId(access, id), sql, format, access })
  return format === 'json' ? rows(result, Math.round(performance.now() - start)) : file(result, format)
}

const TYPES = { csv: 'text/csv; charset=utf-8', parquet: 'application/vnd.apache.parquet' } as const

/** The first of the kinds that the header names; JSON where it names none. */
function formatOf(accept = ''): ResultFormat {
  const named = accept.split(',').map(part => part.split(';')[0]!.trim().toLowerCase())
  if (named.includes('application/vnd.apache.parquet')) return 'parquet'
  return named.includes('text/csv') ? 'csv' : 'json'
}

/** The rows are JSON already: they are not read and written again. */
function rows({ columns, json: text = '[]', isWhole }: StatementResult, ms: number): HttpResponse {
  const around = JSON.stringify({ columns, isWhole, ms })
  return {
    statusCode: 200,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    body: `{"rows":${text},${around.slice(1)}`,
  }
}

function file({ file: bytes }: StatementResult, format: keyof typeof TYPES): HttpResponse {
  return {
    statusCode: 200,
    headers: { 'content-type': TYPES[format], 'cache-control': 'no-store' },
    body: Buffer.from(bytes!).toString('base64'),
    isBase64Encoded: true,
  }
}

async function cancel({ cancel: end }: AskLake, id: string, access: Access): Promise<HttpResponse> {
  if (await end(ownId(access, id))) return json(200, { cancelled: true })
  throw new TributaryError('not_found', `no statement with the id ${id.slice(0, 64)} is running`)
}
