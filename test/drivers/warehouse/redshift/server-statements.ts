import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { toPostgres, toRedshiftError } from './to-postgres.ts'

export type Statement = {
  readonly id: string
  readonly sqls: readonly string[]
  status: 'SUBMITTED' | 'STARTED' | 'FINISHED' | 'FAILED' | 'ABORTED'
  /** The statement of the batch that failed, from 0. */
  failed?: { readonly at: number; readonly error: string }
  readonly rows: string[][][]
  client?: pg.Client
  done: Promise<void>
}

export type Statements = ReturnType<typeof createStatements>

type Failure = { readonly fail: string; readonly after: number }
type Refusal = { readonly __type: string; readonly message: string }

const PAGE = 40
/** Limits of the Data API. */
const [MOST, LARGEST, LONGEST_TOKEN] = [40, 100_000, 64]

/** The statements that a Data API knows, run by PostgreSQL; `caller`: whose those without a secret are. */
export function createStatements(url: string, caller?: string) {
  const all = new Map<string, Statement>()
  const tokens = new Map<string, string>()
  let gate: Promise<void> = Promise.resolve()

  function start(body: Readonly<Record<string, unknown>>, failure?: Failure): Refusal | { Id: string } {
    const sqls = body['Sqls'] as string[]
    const token = String(body['ClientToken'])
    const known = tokens.get(token)
    if (known !== undefined) return { Id: known }
    const refusal = refusalOf(sqls, token)
    if (refusal !== undefined) return { __type: 'ValidationException', message: refusal }
    const id = randomUUID()
    const statement: Statement = { id, sqls, status: 'SUBMITTED', rows: [], done: Promise.resolve() }
    const role = body['SecretArn'] === undefined ? caller : undefined
    statement.done = gate.then(() => execute({ url, role }, statement, failure))
    all.set(id, statement)
    tokens.set(token, id)
    return { Id: id }
  }

  return {
    all,
    start,
    /** Batches wait until the returned function is called. */
    hold() {
      let release = () => {}
      gate = new Promise(done => (release = done))
      return release
    },
    async describe(id: string, waitSeconds: number): Promise<object> {
      const statement = all.get(id)!
      if (waitSeconds > 0) await Promise.race([statement.done, sleep(waitSeconds * 1000)])
      const { status, failed, sqls } = statement
      const states = sqls.map((QueryString, i) => ({
        Id: `${id}:${i + 1}`,
        QueryString,
        ...(failed?.at === i && { Status: 'FAILED', Error: failed.error }),
      }))
      return { Id: id, Status: status, SubStatements: states, ...(failed && { Error: failed.error }) }
    },
    async cancel(id: string): Promise<object> {
      const statement = all.get(id)!
      if (statement.status !== 'SUBMITTED' && statement.status !== 'STARTED')
        return {
          __type: 'ValidationException',
          message: `Could not cancel a query that is already in ${statement.status} state`,
        }
      statement.status = 'ABORTED'
      await statement.client?.end()
      return { Status: true }
    },
    result(id: string, statement: number, from: number): object {
      const rows = all.get(id)!.rows[statement - 1] ?? []
      const Records = rows.slice(from, from + PAGE).map(row => row.map(stringValue => ({ stringValue })))
      const more = from + PAGE < rows.length
      return { Records, ColumnMetadata: [], ...(more && { NextToken: String(from + PAGE) }) }
    },
    ended: () => Promise.all([...all.values()].map(({ done }) => done)),
  }
}

function refusalOf(sqls: readonly string[], token: string): string | undefined {
  if (sqls.length < 1 || sqls.length > MOST) return `${sqls.length} statements`
  const largest = Math.max(...sqls.map(sql => Buffer.byteLength(sql)))
  if (largest > LARGEST) return `a statement of ${largest} bytes`
  return token.length > LONGEST_TOKEN ? 'ClientToken' : undefined
}

type Session = { readonly url: string; readonly role: string | undefined }

/** One transaction in a session of its own. */
async function execute(
  { url, role }: Session,
  statement: Statement,
  failure: Failure | undefined,
): Promise<void> {
  if (statement.status !== 'SUBMITTED') return
  statement.status = 'STARTED'
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  statement.client = client
  let at = 0
  try {
    await client.connect()
    await client.query('BEGIN')
    if (role !== undefined) await client.query(`SET LOCAL ROLE "${role}"`)
    for (const sql of statement.sqls) {
      if (failure?.after === at) throw new Error(failure.fail)
      const { rows } = await client.query({ text: toPostgres(sql), rowMode: 'array' })
      statement.rows.push(rows as string[][])
      at += 1
    }
    await client.query('COMMIT')
    statement.status = 'FINISHED'
  } catch (error) {
    statement.failed = { at, error: toRedshiftError(statement.sqls[at] ?? '', error as Error) }
    if (statement.status === 'STARTED') statement.status = 'FAILED'
  } finally {
    await client.end().catch(() => {})
  }
}
