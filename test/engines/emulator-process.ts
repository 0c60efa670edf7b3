import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Whatever ends the test process closes the shell's standard input, and that ends the emulator: even `kill
 * -9` leaves none.
 */
const SCRIPT = '"$@" </dev/null & cat >/dev/null; kill -9 $!'

export type SpawnOptions = {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Where its log goes: nowhere when not given, or a file's descriptor. */
  readonly log?: 'inherit' | number | undefined
}

/** Starts a command that lives no longer than this process; ends it when told. */
export function spawnEmulator(command: readonly string[], options: SpawnOptions) {
  const log: 'ignore' | 'inherit' | number = options.log ?? 'ignore'
  const shell = spawn('sh', ['-c', SCRIPT, 'sh', ...command], {
    stdio: ['pipe', log, log],
    env: options.env,
  })
  shell.unref()
  return {
    async stop(): Promise<void> {
      if (shell.exitCode !== null) return
      const gone = once(shell, 'exit')
      // Unreferenced, it would not keep the process waiting for its end.
      shell.ref()
      shell.stdin?.end()
      await gone
    },
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port is free')
  return address.port
}
