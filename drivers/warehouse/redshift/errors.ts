import { type ErrorCode, TributaryError } from '../../../core/errors.ts'

/**
 * What the errors of statements hold, in Redshift's words and those of the services it calls; the first that
 * fits.
 */
const REASONS: readonly (readonly [RegExp, ErrorCode])[] = [
  [/\b1023\b|serializable isolation|could not serialize|concurrent transaction|deadlock/i, 'unavailable'],
  [/statement timeout|cancell?ed on user|timed out|timeout/i, 'timeout'],
  [/slow ?down|throttl|too many requests|\(?status(?: code)?:? 50[03]/i, 'overloaded'],
  [/connection.*(lost|closed|reset|refused|terminated|limit)|terminating connection/i, 'unavailable'],
  [/shutting down|starting up|restart|not available|unavailable|resuming/i, 'unavailable'],
  [/must be owner of/i, 'conflict'],
  [/access ?denied|not authorized|permission denied|does not exist|NoSuch|disk full/i, 'storage_failed'],
  [/load_error|invalid (input|digit|value|byte)|value too long|out of range|overflow/i, 'corrupt_data'],
]

const REMEDIES: Readonly<Partial<Record<ErrorCode, string>>> = {
  storage_failed:
    '; see that the files are there, that the role of the warehouse may read them, and that its secret’s user owns the tables',
  conflict: '; something of somebody else has this name: rename it, or what is declared under that name',
  corrupt_data: '; sys_load_error_detail has the row and the column',
}

/** An error of a statement that Redshift ran. */
export function statementError(id: string, error: string, sql: string): TributaryError {
  const code = REASONS.find(([pattern]) => pattern.test(error))?.[1] ?? 'internal'
  const where = sql === '' ? '' : ` (in ${sql.slice(0, 120)})`
  const detail = `warehouse: statement ${id} failed: ${error.slice(0, 1000)}${where}${REMEDIES[code] ?? ''}`
  return new TributaryError(code, detail, { cause: new Error(error) })
}

/** A statement that somebody has ended. */
export function statementAborted(id: string): TributaryError {
  return new TributaryError('unavailable', `warehouse: statement ${id} was cancelled`)
}

/** A statement that the Data API does not know any more: it keeps them for a day. */
export function statementForgotten(id: string, cause: unknown): TributaryError {
  return new TributaryError('unavailable', `warehouse: statement ${id} is not known any more`, { cause })
}
