import type { Access } from '../../core/access/access.ts'
import type { HttpEvent } from './http.ts'

/** One use of an admin's rights: who did what, and what came of it. It never holds a secret. */
export type AuditEntry = {
  /** Instant. */
  readonly at: string
  /** Name of the key, or of the token's subject. */
  readonly key: string
  readonly address: string
  readonly route: string
  readonly path: string
  readonly status: number
  /** Query string, or body, as it was sent: names of machines, types, epochs. */
  readonly input: string
}

/** Keeps entries; resolves when one is kept. Must not throw. */
export type Audit = (entry: AuditEntry) => void | Promise<void>

/** Inputs of runs are far shorter. */
const LONGEST_INPUT = 4096

/** The entry of a call that was let in. */
export function auditEntry(event: HttpEvent, { name }: Access, status: number): AuditEntry {
  const { requestContext, rawPath, rawQueryString, body = '' } = event
  return {
    at: new Date().toISOString(),
    key: name,
    address: requestContext.http.sourceIp,
    route: event.routeKey,
    path: rawPath,
    status,
    input: (body === '' ? rawQueryString : body).slice(0, LONGEST_INPUT),
  }
}
