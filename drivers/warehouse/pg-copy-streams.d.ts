/** The one function of pg-copy-streams in use; the package carries no types. */
declare module 'pg-copy-streams' {
  import type { Writable } from 'node:stream'
  import type { Submittable } from 'pg'

  export function from(sql: string): Writable & Submittable & { readonly rowCount: number }
}
