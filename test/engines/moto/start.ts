import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { installWithPip } from '../../../deploy/check/pip.ts'
import { freePort, spawnEmulator } from '../emulator-process.ts'

/** How long it may take until it answers; a second or two on an idle machine. */
const START_MS = 90_000

/** moto's server (Apache-2.0), running; or why there is none. */
export type Moto = { readonly endpoint: string; stop(): Promise<void> } | { readonly reason: string }

/** Starts moto's server on a free port of 127.0.0.1; it is installed with pip, once. */
export async function startMoto(): Promise<Moto> {
  const installed = await installWithPip('moto', join(import.meta.dirname, 'requirements.txt'))
  if ('reason' in installed) return installed
  const port = await freePort()
  const command = [installed.python, '-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)]
  const { stop } = spawnEmulator(command, { env: { PATH: process.env['PATH'] } })
  const endpoint = `http://127.0.0.1:${port}`
  for (const until = Date.now() + START_MS; Date.now() < until; await pause(100)) {
    const answer = await fetch(`${endpoint}/moto-api/data.json`).catch(() => undefined)
    if (answer?.ok) return { endpoint, stop }
  }
  await stop()
  throw new Error(`moto did not answer on port ${port} within ${START_MS} ms`)
}
