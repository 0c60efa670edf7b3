import { createHash } from 'node:crypto'

/** An object of the lake, exactly. */
export type FileDigest = { readonly path: string; readonly bytes: number; readonly sha256: string }

/** Lines that were read, and what they came to. */
export type CertifiedCounts = {
  readonly raw: number
  readonly curated: number
  readonly duplicates: number
  readonly redelivered: number
}

/** Where the events lie that were counted before: in the folders of [from, before), named so. */
export type CountedBefore = { readonly folder: string; readonly from: string; readonly before: string }

type Computed = {
  readonly inputs: readonly FileDigest[]
  /** SHA-256 of the SQL that makes the results of the inputs: `certifiedSql`. */
  readonly sql: string
  readonly results: readonly FileDigest[]
}

/** Curated rows of a type are what the SQL makes of its raw lines. */
export type TypeStatement = Computed & {
  readonly type: string
  readonly version: number
  /** ms since 1970. */
  readonly epoch: number
  readonly counts: CertifiedCounts
  readonly countedBefore: CountedBefore
}

/** Partials of a metric are what the SQL makes of curated rows. */
export type MetricStatement = Computed & { readonly metric: string; readonly type: string }

/**
 * What a run published of an epoch, in a form that anybody can compute again (scripts/verify-run.py). Each
 * certificate has the SHA-256 of the text of the one before, so none can be changed or taken out unnoticed.
 */
export type Certificate = {
  /** 1, 2, 3, … */
  readonly number: number
  /** Of the one before; null: this is the first one. */
  readonly previous: string | null
  readonly run: string
  /** ISO instants. */
  readonly epoch: string
  readonly certifiedAt: string
  readonly types: readonly TypeStatement[]
  readonly metrics: readonly MetricStatement[]
}

/** The text that is stored and hashed. */
export function certificateText(certificate: Certificate): string {
  return `${JSON.stringify(certificate, undefined, 1)}\n`
}

export function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
