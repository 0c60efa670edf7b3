import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'

/** How a process is started. */
export type Start = {
  /** Cores it may use, as taskset names them: `0`, `0,1`. */
  readonly cores?: string
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Called with each line it prints. */
  readonly onLine?: (line: string) => void
}

/** A process that will not outlive this one. */
export type Running = {
  readonly pid: number
  /** Its memory now, MB. */
  rssMb(): number
  /**
   * Resolves when it has ended by itself. Throws with what it wrote to stderr where it failed, or after `ms`.
   */
  ended(ms: number): Promise<void>
  /** Closes its standard input. */
  endInput(): void
  /** Ends it: SIGTERM, then SIGKILL after ten seconds. */
  stop(signal?: NodeJS.Signals): Promise<void>
}

const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130))

/** Starts a command, pinned where cores are named. */
export function start(command: readonly string[], { cores, cwd, env, onLine }: Start = {}): Running {
  const pinned = cores === undefined ? command : ['taskset', '-c', cores, ...command]
  const child = spawn(pinned[0]!, pinned.slice(1), {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  running.add(child)
  const errors = tail(child)
  forLines(child, onLine ?? (() => undefined))
  let problem: Error | undefined
  const closed = new Promise<void>(resolve => {
    child.once('error', error => {
      problem = error
      resolve()
    })
    child.once('close', () => resolve())
  }).then(() => void running.delete(child))
  return {
    pid: child.pid ?? 0,
    rssMb: () => memoryMb(child.pid!, 'VmRSS'),
    async ended(ms) {
      if (!(await within(closed, ms))) {
        child.kill('SIGKILL')
        throw new Error(`${command[0]} did not end within ${ms / 1000} s`)
      }
      if (problem !== undefined) throw problem
      if (child.exitCode !== 0)
        throw new Error(`${command[0]} failed (${child.exitCode ?? child.signalCode}): ${errors()}`)
    },
    endInput: () => void child.stdin!.end(),
    async stop(signal = 'SIGTERM') {
      child.kill(signal)
      if (!(await within(closed, 10_000))) child.kill('SIGKILL')
      await closed
    },
  }
}

/** Runs a command to its end; what it printed. */
export async function run(command: readonly string[], ms: number, options: Start = {}): Promise<string> {
  const lines: string[] = []
  await start(command, { ...options, onLine: line => void lines.push(line) }).ended(ms)
  return lines.join('\n')
}

/** Memory of a process in MB: `VmRSS` now, `VmHWM` at most. */
export function memoryMb(pid: number, what: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`${what}:\\s+(\\d+)`).exec(status)?.[1]) / 1024
}

async function within(promise: Promise<unknown>, ms: number): Promise<boolean> {
  const timer = AbortSignal.timeout(ms)
  return Promise.race([promise.then(() => true), once(timer, 'abort').then(() => false)])
}

function tail({ stderr }: ChildProcess): () => string {
  let text = ''
  stderr!.on('data', chunk => {
    text = (text + String(chunk)).slice(-2000)
  })
  return () => text
}

function forLines({ stdout }: ChildProcess, onLine: (line: string) => void): void {
  let rest = ''
  stdout!.on('data', chunk => {
    const lines = (rest + String(chunk)).split('\n')
    rest = lines.pop()!
    for (const line of lines) onLine(line)
  })
  stdout!.on('end', () => {
    if (rest !== '') onLine(rest)
  })
}
