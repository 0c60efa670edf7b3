import { pathInstant } from '../../../core/data/time.ts'
import { type CertifiedCounts, sha256Of } from '../../../core/lake/certificate.ts'
import { CERTIFICATES_DUE } from '../../../core/lake/certificate-paths.ts'
import type { LakeEngine, LakeSession } from '../../../core/ports/lake-engine.ts'
import { query } from '../../../core/sql/query.ts'

/** What is about to be in an epoch: curated rows of a type, or published partials of metrics. */
export type DueCertificate = {
  /** The run that publishes it; '' where that is not known. */
  readonly run: string
  readonly epoch: number
  /** `objects`: raw objects that the rows were made of. */
  readonly type?: CertifiedCounts & { readonly type: string; readonly objects: number }
  /** Ids. */
  readonly metrics?: readonly string[]
}

/**
 * Notes that a certificate is due, before what it is of can be seen: a crash leaves none without. Of a type
 * and epoch there is one note, the newest.
 */
export async function noteDue({ dialect, session }: LakeEngine, due: DueCertificate): Promise<void> {
  const of = sha256Of(JSON.stringify(due.type?.type ?? due.metrics)).slice(0, 16)
  const path = `${CERTIFICATES_DUE}/${pathInstant(due.epoch)}-${of}.parquet`
  await session(each =>
    each.write(query`SELECT ${dialect.text(JSON.stringify(due))} AS due`, path, 'parquet'),
  )
}

/** Reads what `noteDue` wrote. */
export async function readDue(
  { dialect }: LakeEngine,
  session: LakeSession,
  path: string,
): Promise<DueCertificate> {
  const noted = { kind: 'notes', type: '', epoch: 0, parts: [path] } as const
  const [row] = await session.rows(query`SELECT due FROM ${dialect.scan([noted])} AS d`)
  return JSON.parse(String(row?.['due'])) as DueCertificate
}
