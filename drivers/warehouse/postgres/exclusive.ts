import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'

/** Tries to lock a table out of its readers' way, and the pause between two, ms: 3 s in all. */
const TRIES = 30
const PAUSE_MS = 100

/** SQLSTATE lock_not_available. */
const LOCKED = '55P03'

/**
 * Takes a table for itself, for a change of an instant. It never waits in line for it: whoever waits holds up
 * every reader that comes after.
 *
 * @throws pg.DatabaseError 55P03 while somebody goes on reading the table
 */
export async function takeForItself(client: pg.ClientBase, table: string): Promise<void> {
  for (let left = TRIES; ; left--) {
    await client.query('SAVEPOINT before_lock')
    try {
      await client.query(`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE NOWAIT`)
      return
    } catch (error) {
      if (left === 0 || !(error instanceof pg.DatabaseError) || error.code !== LOCKED) throw error
      await client.query('ROLLBACK TO SAVEPOINT before_lock')
      await sleep(PAUSE_MS)
    }
  }
}
