import { rm } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { TributaryError } from '../../../core/errors.ts'
import { FILE, readDevelopmentKey } from '../../../drivers/keys/development.ts'
import { readWarehousePassword } from '../../../drivers/keys/warehouse-passwords.ts'
import { readPlatformId } from '../../../drivers/platform-id.ts'
import { problemOf } from '../finding.ts'
import type { Patient } from '../patient.ts'

type Examined = Pick<Patient, 'data' | 'paths' | 'findings'>

/** A small file that is made anew where it is not there, and what follows from that. */
type Secret = { readonly file: string; readonly read: () => Promise<unknown>; readonly outcome: string }

/**
 * Removes files of keys, passwords and names that hold none: a damaged one opens nothing, and the next start
 * makes another.
 */
export async function mendSecrets({ data, paths, findings }: Examined): Promise<void> {
  const passwords = Object.values(paths.warehousePasswords).map(
    (file): Secret => ({
      ...{ file, read: () => readWarehousePassword(file) },
      outcome: 'removed: the next start makes a new password, which whoever connects has to be given',
    }),
  )
  const secrets: readonly Secret[] = [
    {
      ...{ file: join(data, FILE), read: () => readDevelopmentKey(data) },
      outcome: 'removed: the next start makes a new key, which senders have to be given',
    },
    {
      ...{ file: paths.platformId, read: () => readPlatformId(paths.platformId) },
      outcome:
        'removed: the next start makes a new id; a warehouse at TRIBUTARY_WAREHOUSE_URL has to be told it, as that start says',
    },
    ...passwords,
  ]
  for (const { file, read, outcome } of secrets) {
    const problem = await problemIn(read)
    if (problem === undefined) continue
    await rm(file)
    findings.repaired(relative(data, file), problem, outcome)
  }
}

async function problemIn(read: Secret['read']): Promise<string | undefined> {
  try {
    await read()
    return undefined
  } catch (error) {
    // What cannot be read for a reason of the disk's is not damaged.
    if (error instanceof TributaryError && error.code === 'storage_failed') throw error
    return problemOf(error)
  }
}
