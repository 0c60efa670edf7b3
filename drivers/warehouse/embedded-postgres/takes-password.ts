import pg from 'pg'
import { toWarehouseError } from '../postgres/errors.ts'

/** SQLSTATE invalid_password. */
const WRONG = '28P01'

/**
 * Whether the server takes the password of a URL.
 *
 * @throws TributaryError `unavailable` where it does not answer
 */
export async function takesPassword(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000, query_timeout: 5000 })
  // The connection's end is also the statement's; without a listener it would end the process.
  client.on('error', () => {})
  try {
    await client.connect()
    return true
  } catch (cause) {
    if (cause instanceof pg.DatabaseError && cause.code === WRONG) return false
    throw toWarehouseError('connect', cause)
  } finally {
    await client.end()
  }
}
