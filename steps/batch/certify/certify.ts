import { tallyId } from '../../../core/cells/tally.ts'
import { formatInstant } from '../../../core/data/time.ts'
import { type Certificate, certificateText, sha256Of } from '../../../core/lake/certificate.ts'
import {
  CERTIFICATES_DUE,
  CHAIN_HEAD,
  certificateFile,
  chainHead,
  parseChainHead,
} from '../../../core/lake/certificate-paths.ts'
import type { LakeSession } from '../../../core/ports/lake-engine.ts'
import type { LakeFolder } from '../../../core/ports/lake-folder.ts'
import type { TaskResult } from '../task.ts'
import { type DueCertificate, readDue } from './due.ts'
import { type CertifyPorts, isPublished, openStatements } from './statements.ts'

export type { CertifyPorts } from './statements.ts'

export type Certify = () => Promise<TaskResult<{ readonly certificates: number }>>

/** Epochs of one call; what is due beyond them the next call certifies. */
const MOST = 20

type Note = DueCertificate & { readonly path: string }

/**
 * Builds the certify step: what runs have published, in a form that can be computed again without this
 * program. It comes after the boundaries have moved, so that no number waits for it; what a run that was cut
 * short left to be certified is done by the next one.
 *
 * Where a type was refined, its metrics are certified too, also those that were published before: they are
 * said to be made of the very objects that are there now.
 */
export function createCertify(ports: CertifyPorts): Certify {
  const { lake, engine } = ports
  return async () => {
    const made: Certificate[] = []
    await engine.session(async session => {
      const notes = await publishedNotes(ports, session)
      const byEpoch = Map.groupBy(notes, ({ epoch }) => epoch)
      for (const of of [...byEpoch.values()].slice(0, MOST)) {
        made.push(...(await certify(ports, session, of)))
        for (const { path } of of) await lake.remove(path)
      }
    })
    const report = Object.fromEntries(made.map(({ number, epoch }) => [number, epoch]))
    return { certificates: made.length, report: made.length === 0 ? {} : { certificates: report } }
  }
}

/** Notes but of types that are not published yet: they are one at most of a type that is held. */
async function publishedNotes(ports: CertifyPorts, session: LakeSession): Promise<readonly Note[]> {
  const notes: Note[] = []
  for (const { path } of await ports.lake.list(CERTIFICATES_DUE)) {
    const note = await readDue(ports.engine, session, path)
    const id = note.type === undefined ? undefined : tallyId(note.type.type)
    if (id === undefined || (await isPublished(ports, id, note.epoch))) notes.push({ ...note, path })
  }
  return notes
}

/** The certificate of an epoch; none where all of it is to be computed again. */
async function certify(
  ports: CertifyPorts,
  session: LakeSession,
  notes: readonly Note[],
): Promise<readonly Certificate[]> {
  const { epoch, run } = notes.findLast(note => note.metrics !== undefined) ?? notes[0]!
  const statements = openStatements(ports, session, epoch)
  const refined = notes.flatMap(({ type }) => type ?? [])
  const ofTypes = []
  for (const type of refined) ofTypes.push(await statements.ofType(type))
  const named = notes.flatMap(({ metrics = [] }) => metrics)
  const related = refined.flatMap(({ type }) => ports.pipeline.metricsOf.get(type) ?? [])
  const ofMetrics = []
  for (const id of new Set([...named, ...related.map(metric => metric.id)]))
    ofMetrics.push(await statements.ofMetric(id))
  const types = ofTypes.filter(statement => statement !== undefined)
  const metrics = ofMetrics.filter(statement => statement !== undefined)
  if (types.length + metrics.length === 0) return []
  const certifiedAt = new Date(ports.now()).toISOString()
  return [await append(ports.lake, { run, epoch: formatInstant(epoch), certifiedAt, types, metrics })]
}

/**
 * Puts a certificate at the end of the chain. One run at a time does. After a crash in between, the
 * certificate without a head is written again, with what is true then.
 */
async function append(
  lake: LakeFolder,
  content: Omit<Certificate, 'number' | 'previous'>,
): Promise<Certificate> {
  const heads = (await lake.list(CHAIN_HEAD)).map(({ path }) => path)
  const last = heads.map(parseChainHead).at(-1)
  const certificate = { number: (last?.number ?? 0) + 1, previous: last?.sha256 ?? null, ...content }
  const text = certificateText(certificate)
  await lake.put(certificateFile(certificate.number), [text])
  await lake.put(chainHead(certificate.number, sha256Of(text)), [])
  for (const path of heads) await lake.remove(path)
  return certificate
}
