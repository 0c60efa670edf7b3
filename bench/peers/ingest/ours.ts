import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { startPlatformProcess } from '../../platform-process.ts'

/** A server under load, and how to end it. */
export type Server = { readonly port: number; readonly key: string; stop(): Promise<void> }

/**
 * HTTP server, middy, ingest step and durable log, without readers of the log: what `npm run bench -- ingest`
 * measures.
 */
export async function startPathAlone(cores: string): Promise<Server> {
  const script = join(import.meta.dirname, '..', '..', 'suites', 'http-ingest-server.ts')
  const child = spawn('taskset', ['-c', cores, process.execPath, script, 'ours'], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  return { port: await portOf(child), key: 'bench-key', stop: () => stopped(child) }
}

/** The whole platform: ingest, speed layer with three metrics and dedupe, raw delivery. */
export async function startWhole(cores: string): Promise<Server> {
  const platform = await startPlatformProcess({}, undefined, cores)
  return {
    port: platform.port,
    key: platform.key,
    async stop() {
      await platform.stop('SIGKILL')
      platform.dispose()
    },
  }
}

async function portOf(child: ChildProcess): Promise<number> {
  const [port] = (await once(child, 'message', { signal: AbortSignal.timeout(20_000) })) as [number]
  return port
}

async function stopped(child: ChildProcess): Promise<void> {
  child.kill()
  await once(child, 'exit')
}
