import { chmod, chown, lchown, readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { TributaryError } from '../../../core/errors.ts'

/** The operating-system account that runs the server; undefined = the one that runs this process. */
export type ServerAccount = { readonly name: string; readonly uid: number; readonly gid: number } | undefined

/**
 * PostgreSQL refuses to run as root, so root hands it to `postgres`, or else to `nobody`.
 *
 * @throws TributaryError `invalid_setting` where there is neither
 */
export async function serverAccount(): Promise<ServerAccount> {
  if (process.getuid?.() !== 0) return undefined
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map(line => line.split(':'))
  for (const name of ['postgres', 'nobody']) {
    const line = lines.find(parts => parts[0] === name)
    if (line !== undefined) return { name, uid: Number(line[2]), gid: Number(line[3]) }
  }
  throw new TributaryError(
    'invalid_setting',
    'PostgreSQL does not run as root and there is no account "postgres" or "nobody"; start Tributary as an ordinary user',
  )
}

/**
 * Makes sure that the account can reach a folder through all of its parents.
 *
 * @throws TributaryError `invalid_setting` naming the first folder that is closed, and the remedy
 */
export async function requireReachable(folder: string, account: ServerAccount): Promise<void> {
  if (account === undefined) return
  for (const parent of parents(folder)) {
    const { mode, uid, gid } = await stat(parent)
    const mayPass = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001
    if ((mode & mayPass) !== 0) continue
    throw new TributaryError(
      'invalid_setting',
      `the account "${account.name}", which runs PostgreSQL, cannot pass ${parent} to reach ${folder}; ` +
        `run chmod o+x ${parent}, or start Tributary as an ordinary user, or move the folder (TRIBUTARY_DATA)`,
    )
  }
}

/**
 * Lets the account through a folder that only its owner may pass, as a data folder is, by way of the
 * account's group, so that nobody else gets through.
 */
export async function letThrough(folder: string, account: ServerAccount): Promise<void> {
  if (account === undefined) return
  const { mode, uid } = await stat(folder)
  if ((mode & 0o077) !== 0) return
  await chown(folder, uid, account.gid)
  await chmod(folder, (mode & 0o7777) | 0o010)
}

/** Gives a folder with all it holds to the account, unless it has it already. */
export async function giveTo(account: ServerAccount, folder: string): Promise<void> {
  if (account === undefined || (await stat(folder)).uid === account.uid) return
  for (const entry of await readdir(folder, { recursive: true }))
    await lchown(join(folder, entry), account.uid, account.gid)
  // The folder itself comes last: it is the sign that all of it is done.
  await chown(folder, account.uid, account.gid)
}

/** `/a/b/c` → `/`, `/a`, `/a/b`. */
function parents(folder: string): string[] {
  const parent = dirname(folder)
  return parent === folder ? [] : [...parents(parent), parent]
}
