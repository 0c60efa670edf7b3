import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { TributaryError } from '../../../core/errors.ts'
import { type Cluster, identity, isLocked, SURROUNDINGS } from './cluster.ts'

/** A server that does not run. */
type Standing = Pick<Cluster, 'binaries' | 'account' | 'folder' | 'deadline'>

/**
 * Runs statements as PostgreSQL's superuser in single-user mode, where nobody can connect: one after the
 * other, each in a transaction of its own.
 *
 * @param how `tolerated`: an error that is none; `options`: of the server's program
 * @throws TributaryError `unavailable` while a dead server's lock stands, which its kernel clears within
 * seconds; `storage_failed` with what PostgreSQL said
 */
export async function inSingleUserMode(
  standing: Standing,
  database: string,
  statements: readonly string[],
  { tolerated, options = [] }: { readonly tolerated?: string; readonly options?: readonly string[] } = {},
): Promise<void> {
  const { binaries, account, folder, deadline } = standing
  // With -j, a semicolon and an empty line end a statement, so that it may have lines of its own.
  const running = promisify(execFile)(
    binaries.postgres,
    ['--single', '-j', '-D', folder, ...options, database],
    {
      ...identity(account),
      ...SURROUNDINGS,
      timeout: Math.max(1000, Math.ceil(deadline - performance.now())),
    },
  )
  // Where it has ended at once, its output says why.
  running.child.stdin?.on('error', () => undefined)
  running.child.stdin?.end(statements.map(statement => `${statement};\n\n`).join(''))
  const { stderr } = await running.catch((cause: Error & { stderr?: string }) => {
    throw failed(folder, errorsIn(cause.stderr ?? '').join(' / ') || 'it ended early', cause)
  })
  const errors = errorsIn(stderr).filter(line => tolerated === undefined || !line.includes(tolerated))
  if (errors.length > 0) throw failed(folder, errors.join(' / '))
}

/** Not the statements that the server shows beside its errors. */
function errorsIn(said: string): readonly string[] {
  return said.split('\n').filter(line => /(ERROR|FATAL|PANIC): /.test(line))
}

function failed(folder: string, said: string, cause?: unknown): TributaryError {
  const code = isLocked(said) ? 'unavailable' : 'storage_failed'
  return new TributaryError(code, `cannot set up the roles of PostgreSQL on ${folder}: ${said}`, { cause })
}
