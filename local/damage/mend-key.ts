import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { FILE, readDevelopmentKey } from '../../drivers/keys/development.ts'
import { problemOf } from './finding.ts'
import type { Patient } from './patient.ts'

/** A damaged development key opens nothing: the next start makes another, and senders have to be given it. */
export async function mendKey({ data, findings }: Patient): Promise<void> {
  try {
    await readDevelopmentKey(data)
  } catch (error) {
    await rm(join(data, FILE))
    findings.repaired(
      FILE,
      problemOf(error),
      'removed: the next start makes a new key, which senders have to be given',
    )
  }
}
