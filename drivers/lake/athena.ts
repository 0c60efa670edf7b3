import { randomUUID } from 'node:crypto'
import { GetQueryResultsCommand, type GetQueryResultsOutput } from '@aws-sdk/client-athena'
import { TributaryError } from '../../core/errors.ts'
import type { LakeRow, LakeSession } from '../../core/ports/lake.ts'
import { timeLeftOf } from '../aws/retry.ts'
import type { S3Objects } from '../objects/s3/s3.ts'
import { type AthenaWorkgroup, athenaCall, runQuery } from './athena-query.ts'
import { athenaRows } from './athena-values.ts'

export type AthenaSettings = AthenaWorkgroup & {
  readonly objects: Pick<S3Objects, 'list' | 'remove'>
  /** Bucket of the lake. */
  readonly bucket: string
}

/** Most rows of a page of results (Athena API reference). */
const PAGE = 1_000
/** Most rows that `rows` holds in memory. */
const MAX_ROWS = 100_000

/**
 * A session on Athena. It keeps nothing between statements: there are no temporary tables.
 *
 * `write` unloads to files, as Athena writes in parallel: they come to lie under `<path>/`, and what lay there before is removed
 * once they are whole. Only Parquet: Athena's text files cannot tell null from empty text.
 */
export function athenaSession(athena: AthenaSettings): LakeSession {
  return {
    execute: async sql => void (await runQuery(athena, sql)),
    async rows(sql) {
      const all: LakeRow[] = []
      for await (const rows of resultOf(athena, sql)) {
        all.push(...rows)
        if (all.length > MAX_ROWS)
          throw new TributaryError('too_large', `lake: a result has over ${MAX_ROWS} rows; stream it`)
      }
      return all
    },
    stream: sql => resultOf(athena, sql),
    async write(sql, path, format) {
      if (format !== 'parquet')
        throw new TributaryError('internal', `lake: Athena writes Parquet, not ${format}, to ${path}`)
      const folder = `${path}/${randomUUID()}/`
      const rows = await unload(athena, sql, `s3://${athena.bucket}/${folder}`)
      const objects = await athena.objects.list(`${path}/`)
      const written = objects.filter(object => object.key.startsWith(folder))
      const before = objects.filter(object => !object.key.startsWith(folder)).map(object => object.key)
      if (before.length > 0) await athena.objects.remove(before)
      return { rows, bytes: written.reduce((sum, object) => sum + object.bytes, 0) }
    },
  }
}

async function* resultOf(athena: AthenaWorkgroup, sql: string): AsyncGenerator<readonly LakeRow[]> {
  const { QueryExecutionId, StatementType } = await runQuery(athena, sql)
  let token: string | undefined
  // The first row of a SELECT's result is its header; other statements have none.
  let header = StatementType === 'DML' ? 1 : 0
  do {
    const page = await pageOf(athena, QueryExecutionId!, token)
    const { Rows = [], ResultSetMetadata } = page.ResultSet ?? {}
    const rows = athenaRows(Rows.slice(header), ResultSetMetadata?.ColumnInfo ?? [])
    if (rows.length > 0) yield rows
    header = 0
    token = page.NextToken
  } while (token !== undefined)
}

/** Athena documents a count of written rows for CREATE TABLE AS and INSERT only, so they are counted by a query of their own. */
async function unload(athena: AthenaSettings, sql: string, location: string): Promise<number> {
  await runQuery(athena, `UNLOAD (${sql}) TO '${location}' WITH (format = 'PARQUET', compression = 'ZSTD')`)
  for await (const [row] of resultOf(athena, `SELECT count(*) AS n FROM (${sql}) AS q`))
    return Number(row?.['n'])
  throw new TributaryError('internal', `lake: Athena counted no rows for ${location}`)
}

function pageOf(
  athena: AthenaWorkgroup,
  id: string,
  token: string | undefined,
): Promise<GetQueryResultsOutput> {
  const command = new GetQueryResultsCommand({ QueryExecutionId: id, NextToken: token, MaxResults: PAGE })
  const timeLeft = athena.remainingMs ?? timeLeftOf(60_000)
  return athenaCall(`read the result of query ${id}`, timeLeft, abortSignal =>
    athena.client.send(command, { abortSignal }),
  )
}
