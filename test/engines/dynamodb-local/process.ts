import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/** A running emulator. */
export type EmulatorProcess = { readonly endpoint: string; stop(): Promise<void> }

/** How long the JVM may take until it listens; a second on an idle machine. */
const START_MS = 60_000

/**
 * Whatever ends the test process closes the shell's standard input, and that ends the JVM: even `kill -9`
 * leaves none behind.
 */
const SCRIPT = 'java "$@" & cat >/dev/null; kill -9 $!'

/** Starts the emulator in memory, on a free port. */
export async function startEmulator(folder: string): Promise<EmulatorProcess> {
  const port = await freePort()
  const java = ['-Xmx512m', '-XX:TieredStopAtLevel=1', `-Djava.library.path=${folder}`, '-cp', `${folder}/*`]
  const main = ['com.amazonaws.services.dynamodbv2.local.main.ServerRunner', '-port', String(port)]
  const args = [...java, ...main, '-inMemory', '-sharedDb', '-disableTelemetry']
  const shell = spawn('sh', ['-c', SCRIPT, 'sh', ...args], { stdio: ['pipe', 'ignore', 'ignore'] })
  shell.unref()
  const stop = async () => {
    if (shell.exitCode !== null) return
    // Unreferenced, it would not keep the process waiting for its end.
    shell.ref()
    const gone = once(shell, 'exit')
    shell.stdin.end()
    await gone
  }
  if (await listens(port)) return { endpoint: `http://127.0.0.1:${port}`, stop }
  await stop()
  throw new Error(`DynamoDBLocal did not listen on port ${port} within ${START_MS} ms`)
}

async function listens(port: number): Promise<boolean> {
  for (const until = Date.now() + START_MS; Date.now() < until; await pause(50))
    if (await answers(port)) return true
  return false
}

function answers(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    const end = (up: boolean) => {
      socket.destroy()
      resolve(up)
    }
    socket.once('connect', () => end(true)).once('error', () => end(false))
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port is free')
  return address.port
}
