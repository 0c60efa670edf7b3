import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { AthenaClient } from '@aws-sdk/client-athena'
import { translate } from './translate.ts'
import { startQuery, type TrinoQuery } from './trino-query.ts'

/**
 * Athena's API over a Trino: four calls, as the SDK's own client makes them. Of SQL it has Trino's, but for
 * UNLOAD and the DDL that Athena has from Hive (translate.ts).
 */
export type AthenaDouble = {
  readonly client: AthenaClient
  /** Calls that were made, by name, in order. */
  readonly calls: readonly string[]
  stop(): Promise<void>
}

type Body = Readonly<Record<string, unknown>>

export async function startAthenaDouble(trinoUrl: string): Promise<AthenaDouble> {
  const queries = new Map<string, TrinoQuery>()
  const tokens = new Map<string, string>()
  const calls: string[] = []

  function answer(name: string, body: Body): object {
    if (name === 'StartQueryExecution') {
      const token = String(body['ClientRequestToken'])
      const id = tokens.get(token) ?? randomUUID()
      if (!tokens.has(token))
        queries.set(id, startQuery(trinoUrl, translate(String(body['QueryString']), id)))
      tokens.set(token, id)
      return { QueryExecutionId: id }
    }
    const query = queries.get(String(body['QueryExecutionId']))
    if (query === undefined) throw new Refused(`QueryExecution ${body['QueryExecutionId']} was not found`)
    if (name === 'GetQueryExecution') return { QueryExecution: { Status: query.status() } }
    if (name === 'GetQueryResults')
      return pageOf(query, Number(body['MaxResults'] ?? 1000), body['NextToken'])
    if (name !== 'StopQueryExecution') throw new Refused(`no such call: ${name}`)
    query.stop()
    return {}
  }

  const server = createServer((request, response) => {
    void reply(request).then(([status, body]) => {
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
      response.end(JSON.stringify(body))
    })
  })

  async function reply(request: IncomingMessage): Promise<readonly [number, object]> {
    const name = String(request.headers['x-amz-target']).replace('AmazonAthena.', '')
    calls.push(name)
    try {
      return [200, answer(name, JSON.parse(await text(request)) as Body)]
    } catch (error) {
      return [400, { __type: 'InvalidRequestException', Message: String(error) }]
    }
  }

  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const client = new AthenaClient({
    ...{ region: 'eu-central-1', maxAttempts: 1 },
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  })
  return {
    ...{ client, calls },
    async stop() {
      client.destroy()
      for (const query of queries.values()) query.stop()
      server.closeAllConnections()
      await new Promise(done => server.close(done))
    },
  }
}

class Refused extends Error {}

/** Pages as Athena cuts them: the names of columns are the first row of the first page. */
function pageOf(query: TrinoQuery, most: number, token: unknown): object {
  const { columns, rows } = query.result()
  const all = [columns, ...rows]
  const from = token === undefined ? 0 : Number(token)
  const Rows = all.slice(from, from + most).map(row => ({
    Data: row.map(value => (value === null ? {} : { VarCharValue: String(value) })),
  }))
  const end = from + most
  return {
    ResultSet: { Rows, ResultSetMetadata: { ColumnInfo: columns.map(Name => ({ Name, Type: 'varchar' })) } },
    ...(end < all.length && { NextToken: String(end) }),
  }
}
