import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A platform in a process of its own, on a data folder that `dispose` removes. */
export type PlatformProcess = {
  readonly pid: number
  readonly port: number
  readonly key: string
  readonly data: string
  /** From spawn to the line that says it is ready, ms. */
  readonly startMs: number
  rssMb(): number
  get<T>(path: string): Promise<T>
  post<T>(path: string, body: unknown): Promise<T>
  stop(signal?: NodeJS.Signals): Promise<void>
  dispose(): void
}

const KEY = 'bench-key'

/** Starts `local/start.ts` with more settings; on some cores only (`0`, `0,1`), where they are named. */
export async function startPlatformProcess(
  settings: Readonly<Record<string, string>>,
  data: string = mkdtempSync(join(tmpdir(), 'tributary-bench-')),
  cores?: string,
): Promise<PlatformProcess> {
  const from = performance.now()
  const pinned = cores === undefined ? [] : ['taskset', '-c', cores]
  const [command, ...args] = [
    ...pinned,
    process.execPath,
    join(import.meta.dirname, '..', 'local', 'start.ts'),
  ]
  const child = spawn(command!, args, {
    env: {
      ...process.env,
      PORT: '0',
      TRIBUTARY_DATA: data,
      TRIBUTARY_KEYS: `admin:${KEY}`,
      TRIBUTARY_WAREHOUSE: 'off',
      TRIBUTARY_PIPELINE: join(import.meta.dirname, 'pipeline'),
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const killed = () => void child.kill('SIGKILL')
  process.on('exit', killed)
  child.once('exit', () => process.off('exit', killed))
  const port = await readyPort(child)
  const startMs = performance.now() - from
  const call = async <T>(path: string, init: RequestInit = {}): Promise<T> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      signal: AbortSignal.timeout(30_000),
    })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as T
  }
  return {
    pid: child.pid!,
    port,
    key: KEY,
    data,
    startMs,
    rssMb: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024,
    get: path => call(path),
    post: (path, body) => call(path, { method: 'POST', body: JSON.stringify(body) }),
    async stop(signal = 'SIGTERM') {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill(signal)
      await once(child, 'exit', { signal: AbortSignal.timeout(60_000) })
    },
    dispose: () => rmSync(data, { recursive: true, force: true }),
  }
}

function readyPort(child: ChildProcess): Promise<number> {
  let output = ''
  return new Promise((resolve, reject) => {
    child.stdout!.on('data', chunk => {
      output += String(chunk)
      const port = /ready at http:\/\/[^:]+:(\d+)/.exec(output)?.[1]
      if (port !== undefined) resolve(Number(port))
    })
    child.once('exit', () => reject(new Error(`the platform did not start: ${output}`)))
  })
}
