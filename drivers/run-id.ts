import { randomBytes } from 'node:crypto'

/** A new run id, which sorts by time: `20261121T115500123Z-1f9a0c3e`. */
export function runId(): string {
  return `${new Date().toISOString().replaceAll(/[-:.]/g, '')}-${randomBytes(4).toString('hex')}`
}
