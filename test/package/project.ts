import { execFile, spawn } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'

const exec = promisify(execFile)

const REPOSITORY = join(import.meta.dirname, '..', '..')

/** Nothing of this repository is found by it: no variable of npm's, and no folder of programs. */
function environment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const kept = ['HOME', 'PATH', 'TMPDIR', 'LANG', 'npm_config_registry', 'npm_config_cache']
  const own = kept.flatMap(name =>
    process.env[name] === undefined ? [] : [[name, process.env[name]!] as const],
  )
  const variables = Object.fromEntries(own)
  const folders = (variables['PATH'] ?? '').split(delimiter).filter(folder => !folder.startsWith(REPOSITORY))
  // The Node of this test, by itself: the machine's may be an older one.
  return { ...variables, PATH: [dirname(process.execPath), ...folders].join(delimiter), ...more }
}

export type Ran = { readonly code: number; readonly output: string; readonly errors: string }

/** Runs a program in a folder to its end. */
export async function run(
  folder: string,
  [command = '', ...args]: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const options = { cwd: folder, env: environment(more), timeout: 240_000, maxBuffer: 32 * 1024 * 1024 }
  return exec(command, args, options).then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout, errors: stderr }),
    (error: { code?: number; stdout?: string; stderr?: string }) => ({
      ...{ code: error.code ?? -1, output: error.stdout ?? '', errors: error.stderr ?? '' },
    }),
  )
}

/** Packs the repository as `npm pack` does. Answers the path of the tarball. */
export async function pack(into: string): Promise<string> {
  const { stdout } = await exec('npm', ['pack', '--silent', '--pack-destination', into], {
    ...{ cwd: REPOSITORY, timeout: 240_000, maxBuffer: 32 * 1024 * 1024 },
  })
  const name = (await readdir(into)).find(one => one.endsWith('.tgz'))
  if (name === undefined) throw new Error(`npm pack wrote no tarball: ${stdout}`)
  return join(into, name)
}

/** A platform that npm has started. */
export type Started = { readonly url: string; readonly output: () => string; stop(): Promise<number | null> }

/** `npm start` in a folder, on a port that the system chooses. */
export async function npmStart(
  folder: string,
  [command = '', ...args]: readonly string[] = ['npm', 'start'],
): Promise<Started> {
  const child = spawn(command, args, {
    cwd: folder,
    env: environment({ PORT: '0', TRIBUTARY_EPOCH: '10s', TRIBUTARY_WAREHOUSE: 'off' }),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (output += String(chunk)))
  const ended = new Promise<number | null>(resolve => child.once('exit', resolve))
  const url = await new Promise<string>((resolve, reject) => {
    const look = setInterval(() => {
      const ready = /ready at (\S+)/.exec(output)?.[1]
      if (ready !== undefined) settle(() => resolve(ready))
    }, 50)
    const late = setTimeout(() => settle(() => reject(new Error(`not ready in time:\n${output}`))), 60_000)
    const settle = (how: () => void) => {
      clearInterval(look)
      clearTimeout(late)
      how()
    }
    void ended.then(code => settle(() => reject(new Error(`ended with ${code}:\n${output}`))))
  })
  return {
    url,
    output: () => output,
    async stop() {
      child.kill('SIGTERM')
      return ended
    },
  }
}
