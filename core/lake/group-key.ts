import { hash } from 'node:crypto'

/**
 * Most bytes of a group that is its own key in a table. An index of PostgreSQL takes rows of 2,704 bytes
 * (a third of a page), with the window beside the group.
 */
export const LONGEST_KEY = 2000

/**
 * The text that names a group's rows in a table: its canonical text, or `sha256:` and the digest of a longer
 * one. The two never meet, as canonical texts are JSON objects. The values themselves stand whole in the
 * columns of the fields.
 */
export function groupKey(group: string): string {
  return Buffer.byteLength(group) <= LONGEST_KEY ? group : `sha256:${hash('sha256', group, 'hex')}`
}
