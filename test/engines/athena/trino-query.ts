import { setTimeout as sleep } from 'node:timers/promises'
import type { QueryExecutionStatus } from '@aws-sdk/client-athena'
import type { Translated } from './translate.ts'

/** A query that goes on by itself, and can be looked at. */
export type TrinoQuery = {
  status(): QueryExecutionStatus
  result(): { readonly columns: readonly string[]; readonly rows: readonly (readonly unknown[])[] }
  stop(): void
}

type Page = {
  readonly nextUri?: string
  readonly columns?: readonly { readonly name: string }[]
  readonly data?: readonly (readonly unknown[])[]
  readonly error?: { readonly message: string; readonly errorName: string; readonly errorType: string }
}

// Athena's sessions are in UTC.
const HEADERS = {
  ...{ 'X-Trino-User': 'test', 'X-Trino-Catalog': 'hive', 'X-Trino-Schema': 'lake' },
  'X-Trino-Time-Zone': 'UTC',
}

/** Starts a statement, and what comes after it. */
export function startQuery(url: string, { sql, after }: Translated): TrinoQuery {
  let state: QueryExecutionStatus = { State: 'RUNNING' }
  let columns: readonly string[] = []
  const rows: (readonly unknown[])[] = []
  const stopping = new AbortController()

  async function ask(address: string, init: RequestInit = {}): Promise<Page> {
    return (await (await fetch(address, { ...init, signal: AbortSignal.timeout(300_000) })).json()) as Page
  }

  /** True where it came to its end. */
  async function run(statement: string): Promise<boolean> {
    let page = await ask(`${url}/v1/statement`, { method: 'POST', headers: HEADERS, body: statement })
    for (;;) {
      if (page.error !== undefined) {
        const { errorName, errorType, message } = page.error
        const ErrorCategory = errorType === 'USER_ERROR' ? 2 : 1
        const AthenaError = { ErrorCategory, ErrorMessage: message }
        state = { State: 'FAILED', StateChangeReason: `${errorName}: ${message}`, AthenaError }
        return false
      }
      columns = page.columns?.map(({ name }) => name) ?? columns
      rows.push(...(page.data ?? []))
      if (page.nextUri === undefined) return true
      if (stopping.signal.aborted) {
        await fetch(page.nextUri, { method: 'DELETE' })
        state = { State: 'CANCELLED', StateChangeReason: 'Query cancelled by user' }
        return false
      }
      page = await ask(page.nextUri)
    }
  }

  async function all(): Promise<void> {
    if ((await run(sql)) && (after === undefined || (await run(after)))) state = { State: 'SUCCEEDED' }
  }

  void all().catch((error: unknown) => {
    state = { State: 'FAILED', StateChangeReason: String(error), AthenaError: { ErrorCategory: 1 } }
  })
  return {
    status: () => state,
    result: () => ({ columns, rows }),
    stop: () => stopping.abort(),
  }
}

/** Waits until what a query says of itself is so. */
export async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; !isSo(); tries++) {
    if (tries > 600) throw new Error('it did not come to that')
    await sleep(100)
  }
}
