import { HISTORY } from '../../../core/lake/history-paths.ts'
import type { FolderLake } from '../../../drivers/compose/folder-lake.ts'
import type { Patient } from '../patient.ts'
import { damagedFolders } from './lake.ts'

/**
 * Checks what batch views were before they were changed. Nothing can make it again, and no number of now
 * depends on it: what is damaged goes, so that questions of before it are refused with what can be had.
 */
export async function mendHistory(patient: Patient, lake: FolderLake): Promise<void> {
  for (const { folder, problem } of await damagedFolders(patient, lake, HISTORY)) {
    await lake.lake.remove(folder)
    const outcome = 'removed: what the metric was before it (asOf) cannot be had any more'
    patient.findings.repaired(`lake/${folder}`, problem, outcome)
  }
}
