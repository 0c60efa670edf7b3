import pg from 'pg'
import { withoutValues } from '../../../core/data/without-values.ts'
import { TributaryError } from '../../../core/errors.ts'

/**
 * SQLSTATEs (or their first two characters) of a server that would answer the same question later: connection
 * lost, too busy, shutting down or starting, lock or statement time-out.
 * https://www.postgresql.org/docs/18/errcodes-appendix.html
 */
const LATER = ['08', '53300', '55P03', '57']

/** SQLSTATE dependent_objects_still_exist: a view that somebody has made of the table. */
export const NEEDED = '2BP01'

/** Class of SQLSTATEs that say what a value should have been. */
const DATA = '22'

/**
 * SQLSTATEs of rows that a table may not have, and what to do;
 * https://www.postgresql.org/docs/18/errcodes-appendix.html
 */
const REFUSED: Readonly<Record<string, string>> = {
  '23502': 'a stored event lacks the field, or has null: declare it optional, or as one that takes null',
  '23505': 'two rows have one key: drop the table, and it is filled anew from the lake',
}

/** What to do where the server refuses the platform itself; by the same list. */
const REMEDIES: Readonly<Record<string, string>> = {
  '25006': 'the server, or the account, takes no changes: name another in TRIBUTARY_WAREHOUSE_URL',
  '28000': 'see that the server lets this account in, and TRIBUTARY_WAREHOUSE_URL',
  '28P01': 'correct the user and password in TRIBUTARY_WAREHOUSE_URL',
  '3D000': 'create the database, or correct its name in TRIBUTARY_WAREHOUSE_URL',
  '42501':
    'give the account the right, or name a schema in which it may create tables (TRIBUTARY_WAREHOUSE_SCHEMA)',
  '53100': 'see that the disk of the server has room',
  '42P07': 'rename what has the name, or what is declared under it',
  '42710': 'rename what has the name, or what is declared under it',
  '42804': 'a column is of another type than its field: drop the table, and it is filled anew from the lake',
}

/**
 * Gives an error of the driver or the server its code: `unavailable` where waiting helps, `corrupt_data`
 * where a value is not what its column says, else `storage_failed`.
 */
export function toWarehouseError(what: string, cause: unknown): TributaryError {
  if (cause instanceof TributaryError) return cause
  const detail = cause instanceof Error ? cause.message || cause.name : String(cause)
  // Without a SQLSTATE no server has answered: refused, reset, timed out.
  const state = cause instanceof pg.DatabaseError ? cause.code : undefined
  const remedy = state === undefined ? undefined : REFUSED[state]
  if (remedy !== undefined) {
    const told = `warehouse: ${what}: ${detail}; ${remedy}`
    // Not the server's error as the cause: it quotes the row.
    return new TributaryError('corrupt_data', told, { cause: new Error(`SQLSTATE ${state}`) })
  }
  const later = state === undefined || LATER.some(prefix => state.startsWith(prefix))
  if (state?.startsWith(DATA) === true) {
    const told = `warehouse: ${what}: ${withoutValues(detail)}`
    // Not the server's error as the cause: it holds the value.
    return new TributaryError('corrupt_data', told, { cause: new Error(`SQLSTATE ${state}`) })
  }
  const code = later ? 'unavailable' : 'storage_failed'
  const ending = state !== undefined && Object.hasOwn(REMEDIES, state) ? `; ${REMEDIES[state]}` : ''
  return new TributaryError(code, `warehouse: ${what}: ${detail}${ending}`, { cause })
}
