import { execFile } from 'node:child_process'
import { readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { TributaryError } from '../../../core/errors.ts'
import { ifAbsent, isAbsent } from '../../files/durable.ts'

/** What a running server says of itself in `postmaster.pid`. */
export type Postmaster = {
  readonly pid: number
  /** The data folder, as the server was told it. */
  readonly folder: string
  readonly port: number
  readonly status: string
}

/** The server that runs on a data folder (real path), whoever started it. */
export async function findPostmaster(folder: string): Promise<Postmaster | undefined> {
  const found = await readPidFile(folder)
  return found !== undefined && (await serves(found.pid, folder)) ? found : undefined
}

/**
 * Removes the pid file of a dead server whose number now belongs to another program: after a restart of the
 * machine or container this is likely, and PostgreSQL would refuse to start for ever. Any program called
 * postgres is left alone, unless the file says that it serves another folder.
 */
export async function clearStalePidFile(folder: string): Promise<void> {
  const found = await readPidFile(folder)
  if (found === undefined) return
  const command = await commandOf(found.pid)
  const isOthers = command !== '' && !command.includes('postgres')
  if (isOthers || (await isCopied(folder, found.folder)))
    await rm(join(folder, 'postmaster.pid'), { force: true })
}

/**
 * Was the pid file copied with its folder from another one that is still there? Its server serves that one,
 * and PostgreSQL would refuse to start on the copy for as long as it runs.
 */
async function isCopied(folder: string, named: string): Promise<boolean> {
  if (named === '') return false
  const [own, other] = await Promise.all([folder, named].map(path => stat(path).catch(ifAbsent(undefined))))
  return own !== undefined && other !== undefined && (own.ino !== other.ino || own.dev !== other.dev)
}

/**
 * Stops the server of a data folder: fast (open transactions are rolled back), and after `timeoutMs` at once
 * (the next start recovers from the log). Does nothing where none runs.
 *
 * @throws TributaryError `timeout` when it is still there after a further five seconds
 */
export async function stopPostmaster(folder: string, timeoutMs: number): Promise<void> {
  for (const [signal, patience] of [
    ['SIGINT', timeoutMs],
    ['SIGQUIT', 5000],
  ] as const) {
    const found = await findPostmaster(folder)
    if (found === undefined) return
    signalTo(found.pid, signal)
    if (await isGone(folder, found.pid, patience)) return
  }
  throw new TributaryError('timeout', `the PostgreSQL server of ${folder} does not stop`)
}

async function isGone(folder: string, pid: number, patience: number): Promise<boolean> {
  const deadline = performance.now() + patience
  while (performance.now() < deadline) {
    if (!(await serves(pid, folder))) return true
    await sleep(20)
  }
  return false
}

/** The pid file outlives a killed server, and its number may by now be another program's. */
async function serves(pid: number, folder: string): Promise<boolean> {
  return (await commandOf(pid)).includes(` -D ${folder} -p `)
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ESRCH') return
    throw new TributaryError('unavailable', `cannot stop the PostgreSQL server, process ${pid}`, { cause })
  }
}

/**
 * Line 1 is the process, line 2 the folder, line 4 the port, line 8 the status (`src/include/miscadmin.h` of
 * PostgreSQL).
 */
async function readPidFile(folder: string): Promise<Postmaster | undefined> {
  let text: string
  try {
    text = await readFile(join(folder, 'postmaster.pid'), 'utf8')
  } catch (cause) {
    if (isAbsent(cause)) return undefined
    throw new TributaryError('storage_failed', `cannot read ${folder}/postmaster.pid`, { cause })
  }
  const lines = text.split('\n').map(line => line.trim())
  const pid = Number(lines[0])
  const [, named = '', , port = '0'] = lines
  return pid > 0 ? { pid, folder: named, port: Number(port), status: lines[7] ?? '' } : undefined
}

/** Command line of a process; empty where there is none, or only its zombie. */
async function commandOf(pid: number): Promise<string> {
  try {
    if (process.platform === 'linux')
      return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim()
    const { stdout } = await promisify(execFile)('ps', ['-o', 'command=', '-p', String(pid)], {
      timeout: 5000,
    })
    return stdout.trim()
  } catch (cause) {
    const { code } = cause as { code?: unknown }
    // No such process: /proc says ENOENT (ESRCH in the middle of a read), ps exits with 1.
    if (code === 'ENOENT' || code === 'ESRCH' || code === 1) return ''
    throw new TributaryError('unavailable', `cannot look at process ${pid}`, { cause })
  }
}
