import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { toTributaryError } from '../../core/errors.ts'
import type { Audit } from '../../functions/middleware/audit.ts'
import type { HttpDeps } from '../../functions/middleware/http.ts'

/** Of a data folder. */
export const AUDIT_FILE = 'audit.ndjson'

/** Keeps who used an admin's rights: a line of a file of the data folder, and one of the log. */
export function createAuditFile(folder: string, logger: Logger, report: HttpDeps['report']): Audit {
  return async entry => {
    logger.info({ audit: entry }, 'audit')
    try {
      await appendFile(join(folder, AUDIT_FILE), `${JSON.stringify(entry)}\n`, { mode: 0o600 })
    } catch (failure) {
      report(toTributaryError(failure), 'audit')
    }
  }
}
