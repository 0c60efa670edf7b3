import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { verifyLmdbAlerts } from '../../../drivers/alerts/lmdb.ts'
import { makeFolder, moveDurably } from '../../../drivers/files/durable.ts'
import { checkLmdb } from '../../../drivers/lmdb/check.ts'
import { problemOf } from '../finding.ts'
import type { Patient } from '../patient.ts'

/**
 * Checks what alerts have judged and what they have to send. Nothing else has it and no number depends on it:
 * what is damaged is set aside whole, and alerts begin anew.
 */
export async function mendAlerts({ data, paths, findings }: Patient): Promise<void> {
  if (!existsSync(paths.alerts)) return
  const problem = await problemIn(paths.alerts)
  if (problem === undefined) return
  const aside = join(data, 'damaged', `alerts-${Date.now()}`)
  await makeFolder(join(data, 'damaged'))
  await moveDurably(paths.alerts, aside)
  const outcome = `set aside as ${relative(data, aside)}: alerts begin anew, and say again what fires`
  findings.repaired('alerts/data.mdb', problem, outcome)
}

async function problemIn(folder: string): Promise<string | undefined> {
  try {
    checkLmdb(folder, true)
    await verifyLmdbAlerts(folder)
    return undefined
  } catch (error) {
    return problemOf(error)
  }
}
