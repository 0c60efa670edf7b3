import type { TributaryError } from '../errors.ts'

/**
 * RFC 9457 problem details of a failure. The detail of an `internal` one stays in the log: nobody knows what
 * is in it.
 */
export function problemBody({ code, status, title, message }: TributaryError) {
  return {
    type: `urn:tributary:problem:${code}`,
    title,
    status,
    detail: code === 'internal' ? 'see the log of the platform' : message,
    code,
  }
}
