/** Where the certificates of a lake are (core/lake/certificate.ts). */

/** What is to be certified once it is published (steps/batch/certify/due.ts). */
export const CERTIFICATES_DUE = 'certificates/due'

/** In folders of a thousand, as a folder of all history is slow to list. */
export const certificateFile = (number: number) =>
  `certificates/chain/${padded(Math.floor(number / 1000))}/${padded(number)}.json`

/** One object, whose name says which certificate is the last one, and its SHA-256. */
export const CHAIN_HEAD = 'certificates/head'
export const chainHead = (number: number, sha256: string) => `${CHAIN_HEAD}/${padded(number)}-${sha256}`

/** Reads the name of a `chainHead`. */
export function parseChainHead(path: string): { readonly number: number; readonly sha256: string } {
  const [number = '', sha256 = ''] = path.slice(CHAIN_HEAD.length + 1).split('-')
  return { number: Number(number), sha256 }
}

/** A text of SQL by its SHA-256: most certificates have those of the one before. */
export const CERTIFIED_SQL = 'certificates/sql'
export const certifiedSql = (sha256: string) => `${CERTIFIED_SQL}/${sha256}.sql`

const padded = (number: number) => String(number).padStart(12, '0')
