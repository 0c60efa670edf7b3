import { type Certificate, certificateText, sha256Of } from '../../../core/lake/certificate.ts'
import { CHAIN_HEAD, certificateFile, chainHead, parseChainHead } from '../../../core/lake/lake-paths.ts'
import type { LakeFolder } from '../../../core/ports/lake-folder.ts'

/**
 * Puts a certificate at the end of the chain. One run at a time does. After a crash in between, the
 * certificate without a head is written again, with what is true then.
 */
export async function append(
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
