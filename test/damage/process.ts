import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SAMPLE } from '../declared.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const KEY = 'damage-key'
export const EPOCH_SECONDS = 2

/** A platform on a folder, or what it said when it did not start. */
export type Started =
  | { readonly ready: true; readonly platform: RunningPlatform }
  | { readonly ready: false; readonly said: string; readonly signal: NodeJS.Signals | null }

export type RunningPlatform = {
  get<T>(path: string): Promise<T>
  send(events: readonly unknown[]): Promise<number>
  startRun(machine: string, input: unknown): Promise<string>
  /** Everything it has written to its outputs. */
  said(): string
  stop(signal?: NodeJS.Signals): Promise<void>
  hasEnded(): boolean
}

/** Settings that differ from those of all others. */
export type More = Readonly<Record<string, string>>

function settings(data: string, more: More): NodeJS.ProcessEnv {
  return {
    ...process.env,
    PORT: '0',
    TRIBUTARY_DATA: data,
    TRIBUTARY_KEYS: `admin:${KEY}`,
    TRIBUTARY_WAREHOUSE: 'off',
    TRIBUTARY_PIPELINE: SAMPLE,
    TRIBUTARY_EPOCH: `${EPOCH_SECONDS}s`,
    TRIBUTARY_DEDUPE_HORIZON: '10000',
    TRIBUTARY_LANES: '2',
    TRIBUTARY_LOG_LEVEL: 'error',
    ...more,
  }
}

/** Starts a platform and waits until it is ready or has ended. */
export async function start(data: string, more: More = {}): Promise<Started> {
  const { child, said } = run(['local/start.ts'], data, more)
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  for (;;) {
    const port = /ready at http:\/\/[^:]+:(\d+)/.exec(said())?.[1]
    if (port !== undefined) return { ready: true, platform: running(child, port, said) }
    const end = await Promise.race([ended, sleep(20, undefined)])
    if (end !== undefined) return { ready: false, said: said(), signal: end[1] }
  }
}

/** Runs `tributary doctor` on a stopped folder. */
export async function doctor(data: string, more: More = {}) {
  const { child, said } = run(['local/cli/bin.ts', 'doctor'], data, more)
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  return { code, signal, said: said() }
}

function run(args: readonly string[], data: string, more: More) {
  const child = spawn(process.execPath, args, { cwd: ROOT, env: settings(data, more) })
  let output = ''
  child.stdout.on('data', chunk => (output += String(chunk)))
  child.stderr.on('data', chunk => (output += String(chunk)))
  const killed = () => void child.kill('SIGKILL')
  process.on('exit', killed)
  child.once('exit', () => process.off('exit', killed))
  return { child, said: () => output }
}

function running(child: ChildProcess, port: string, said: () => string): RunningPlatform {
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null
  const call = (method: string, path: string, body?: unknown, type = 'application/json') =>
    fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { authorization: `Bearer ${KEY}`, 'content-type': type },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    })
  return {
    said,
    hasEnded,
    async get<T>(path: string) {
      const response = await call('GET', path)
      if (!response.ok && response.status !== 503)
        throw new Error(`${path}: ${response.status} ${await response.text()}`)
      return (await response.json()) as T
    },
    async send(events) {
      const answer = await call('POST', '/v1/events', events, 'application/cloudevents-batch+json')
      return answer.status
    },
    async startRun(machine, input) {
      const answer = await call('POST', '/v1/runs', { machine, input })
      return ((await answer.json()) as { id: string }).id
    },
    async stop(signal = 'SIGTERM') {
      if (hasEnded()) return
      child.kill(signal)
      await once(child, 'exit', { signal: AbortSignal.timeout(60_000) })
    },
  }
}
