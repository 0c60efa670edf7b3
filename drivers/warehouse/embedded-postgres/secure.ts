import { hash } from 'node:crypto'
import { chown, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ifAbsent, replaceFile } from '../../files/durable.ts'
import type { WarehousePasswords } from '../../keys/warehouse-passwords.ts'
import type { Cluster } from './cluster.ts'
import {
  DATABASE,
  DATABASE_STATEMENTS,
  EXPECTED_ERROR,
  ROLES_VERSION,
  roleStatements,
  SUPERUSER,
} from './roles.ts'
import { inSingleUserMode } from './single-user.ts'

/** Who may connect: every role by its password, over loopback; the superuser not at all. */
const CONNECTIONS = `# Written by Tributary at its starts: what is changed here is undone.
host all ${SUPERUSER} all reject
host all all 127.0.0.1/32 scram-sha-256
`

/** In the server's data folder: what `secure` has done there last. */
const SIGN = 'tributary-roles'

/** Whether the server's roles, their passwords and who may connect are as this version wants them. */
export async function isSecured({
  folder,
  passwords,
}: Pick<Cluster, 'folder' | 'passwords'>): Promise<boolean> {
  const read = (name: string) => readFile(join(folder, name), 'utf8').catch(ifAbsent(undefined))
  const [sign, connections] = await Promise.all([read(SIGN), read('pg_hba.conf')])
  return sign === signOf(passwords) && connections === CONNECTIONS
}

/** The passwords are random and long, so that their digest tells nothing of them. */
function signOf(passwords: WarehousePasswords): string {
  return hash('sha256', JSON.stringify([ROLES_VERSION, passwords.owner, passwords.reader]), 'hex')
}

/** Has the next start set the roles up anew: a password that the server knew has been changed in it. */
export function forgetSecured(folder: string): Promise<void> {
  return rm(join(folder, SIGN), { force: true })
}

/**
 * Gives a server that does not run its roles, passwords and rules of who may connect: those of a new data
 * folder, of an earlier version's, and after a password was changed. PostgreSQL does it in single-user mode,
 * where nobody can connect, so that no superuser ever has to. Repeating it does no harm.
 *
 * @param options of the server's program
 * @throws TributaryError `unavailable` while a dead server's lock stands, which its kernel clears within
 * seconds; `storage_failed` with what PostgreSQL said
 */
export async function secure(cluster: Cluster, options: readonly string[] = []): Promise<void> {
  const roles = roleStatements(cluster.passwords)
  await inSingleUserMode(cluster, 'postgres', roles, { tolerated: EXPECTED_ERROR, options })
  await inSingleUserMode(cluster, DATABASE, DATABASE_STATEMENTS, { options })
  await put(cluster, 'pg_hba.conf', CONNECTIONS)
  // Last: it is the sign that all of it is done.
  await put(cluster, SIGN, signOf(cluster.passwords))
}

async function put({ folder, account }: Cluster, name: string, text: string): Promise<void> {
  await replaceFile(join(folder, name), async aside => {
    await writeFile(aside, text, { mode: 0o600 })
    if (account !== undefined) await chown(aside, account.uid, account.gid)
  })
}
