import { rm } from 'node:fs/promises'
import { declarationsPath, readDeclarations } from '../../declarations.ts'
import { problemOf } from '../finding.ts'
import type { Patient } from '../patient.ts'

/** What the folder last ran with is said by its newest curated data too, column by column. */
export async function mendDeclarations({ data, findings }: Patient): Promise<void> {
  try {
    await readDeclarations(data)
  } catch (error) {
    await rm(declarationsPath(data))
    findings.repaired(
      'declarations.json',
      problemOf(error),
      'removed: the next start compares the declarations with the columns of the newest curated data',
    )
  }
}
