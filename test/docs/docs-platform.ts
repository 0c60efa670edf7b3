import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../drivers/warehouse/server.ts'
import { copyOfProject } from './project-copy.ts'

/** What a command did. */
export type Outcome = { readonly code: number | null; readonly output: string; readonly errors: string }

/** A copy of the project in which a reader follows the pages, with a platform that runs. */
export type DocsPlatform = {
  readonly folder: string
  readonly url: string
  readonly warehousePort: number
  /** Runs a script as a shell of that folder would, in one go. */
  run(script: string): Promise<Outcome>
  /** What `npm start` printed. */
  said(): string
  /** SIGTERM to `npm start`; its exit code. */
  stop(): Promise<number | null>
  /**
   * Starts another platform as a command says and, when it is ready, sends Ctrl-C as a terminal does: to npm
   * and to what it runs. Its exit code.
   *
   * @param meanwhile is given its address
   */
  startAndInterrupt(
    command: string,
    settings: Readonly<Record<string, string>>,
    meanwhile: (url: string) => Promise<void>,
  ): Promise<number | null>
  dispose(): Promise<void>
}

const COMMAND_MS = 60_000
const READY = /ready at (http:\S+)/

/** npx takes a second to find what package.json names, and there are dozens of them. */
const NPX = `#!/bin/sh
[ "$1" = tributary ] && shift && exec node local/cli/bin.ts "$@"
exec npm exec -- "$@"
`

/** For a machine without it. */
const PSQL = `#!/bin/sh
exec node test/docs/psql.ts "$@"
`

/**
 * Copies the project, lets `prepare` write into the copy, and starts it with `npm start`, on ports of its own
 * and with epochs of ten seconds, as the pages recommend for a demonstration.
 */
export async function openDocsPlatform(prepare: (folder: string) => void): Promise<DocsPlatform> {
  const folder = copyOfProject()
  // PostgreSQL's account has to pass it where this one is root.
  chmodSync(folder, 0o755)
  prepare(folder)
  mkdirSync(join(folder, 'shims'))
  const shim = (name: string, text: string) =>
    writeFileSync(join(folder, 'shims', name), text, { mode: 0o755 })
  shim('npx', NPX)
  if (spawnSync('psql', ['--version']).error !== undefined) shim('psql', PSQL)
  const warehousePort = await freePort()
  const own = await freePort()
  const settings = {
    PORT: String(own),
    TRIBUTARY_WAREHOUSE_PORT: String(warehousePort),
    TRIBUTARY_EPOCH: '10s',
    TRIBUTARY_URL: `http://127.0.0.1:${own}`,
    // Whom the alerts of the pages tell; none of them fires.
    ...{
      OPS_WEBHOOK_URL: 'http://127.0.0.1:9/',
      OPS_WEBHOOK_TOKEN: 't',
      OPS_SLACK_URL: 'http://127.0.0.1:9/',
    },
    // A command is half compiling, and there are dozens of them.
    NODE_COMPILE_CACHE: join(folder, '.compiled'),
  }
  const start = (command: string, more: Readonly<Record<string, string>> = {}) =>
    spawn('sh', ['-c', `exec ${command}`], {
      cwd: folder,
      env: { ...surroundings(folder), ...settings, ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A process group of its own.
      detached: true,
    })
  const platform = start('npm start')
  const text = textOf(platform)
  const url = await ready(platform, text)
  return {
    folder,
    url,
    warehousePort,
    said: text,
    run: script => run(script, folder, { ...surroundings(folder), ...settings }),
    stop: () => stopped(platform, () => platform.kill('SIGTERM')),
    async startAndInterrupt(command, more, meanwhile) {
      const other = start(command, more)
      const address = await ready(other, textOf(other))
      await meanwhile(address)
      return stopped(other, () => process.kill(-other.pid!, 'SIGINT'))
    },
    async dispose() {
      await stopped(platform, () => platform.kill('SIGTERM'))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Nothing of ours but the way to programs. */
function surroundings(folder: string): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(TRIBUTARY_|PG|VITEST|NODE_|HOST$)/.test(name),
  )
  const bin = join(folder, 'node_modules', '.bin')
  return {
    ...(Object.fromEntries(kept) as Record<string, string>),
    PATH: `${join(folder, 'shims')}:${bin}:${process.env['PATH']}`,
  }
}

function textOf(child: ChildProcess): () => string {
  let text = ''
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', chunk => (text += String(chunk)))
  return () => text
}

async function ready(child: ChildProcess, text: () => string): Promise<string> {
  for (const end = Date.now() + COMMAND_MS; Date.now() < end && child.exitCode === null; ) {
    const found = READY.exec(text())?.[1]
    if (found !== undefined) return found
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  process.kill(-child.pid!, 'SIGKILL')
  throw new Error(`it did not start: ${text()}`)
}

async function stopped(child: ChildProcess, signal: () => void): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
  signal()
  await once(child, 'exit', { signal: AbortSignal.timeout(COMMAND_MS) })
  return child.exitCode
}

async function run(script: string, cwd: string, env: Record<string, string>): Promise<Outcome> {
  const child = spawn('bash', ['-c', script], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let [output, errors] = ['', '']
  child.stdout.on('data', chunk => (output += String(chunk)))
  child.stderr.on('data', chunk => (errors += String(chunk)))
  const timer = setTimeout(() => child.kill('SIGKILL'), COMMAND_MS)
  const [code] = (await once(child, 'close')) as [number | null]
  clearTimeout(timer)
  return { code, output, errors }
}
