import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import tls from 'node:tls'
import { freePort, spawnEmulator } from '../emulator-process.ts'

/** A running emulator. */
export type MinistackProcess = {
  readonly endpoint: string
  readonly port: number
  /** File of its certificate, where it speaks HTTPS. */
  readonly certificate: string | undefined
  stop(): Promise<void>
}

export type MinistackOptions = {
  /** The services to load, as in `['kinesis', 's3']`; all of them take longer to start. */
  readonly services: readonly string[]
  /** Further settings of the emulator. */
  readonly env?: Readonly<Record<string, string>>
  /** Where its log goes: nowhere when not given, or a file's descriptor. */
  readonly log?: 'inherit' | number
  /** HTTPS, with a certificate of its own that this process trusts from then on. */
  readonly tls?: true
}

/** How long it may take until it answers; some two seconds on an idle machine. */
const START_MS = 90_000

/**
 * Starts the emulator on a free port of 127.0.0.1, with a temporary folder of its own and nothing of the
 * environment's AWS settings.
 */
export async function startMinistack(python: string, options: MinistackOptions): Promise<MinistackProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-ministack-'))
  const port = await freePort()
  const emulator = spawnEmulator([python, '-m', 'ministack'], {
    log: options.log,
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      TMPDIR: folder,
      BIND_HOST: '127.0.0.1',
      MINISTACK_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      MINISTACK_REGION: 'eu-central-1',
      SERVICES: options.services.join(','),
      LOG_LEVEL: 'WARNING',
      S3_DATA_DIR: join(folder, 's3'),
      STATE_DIR: join(folder, 'state'),
      ...(options.tls && { USE_SSL: '1' }),
      ...options.env,
    },
  })
  const stop = async () => {
    await emulator.stop()
    await rm(folder, { recursive: true, force: true })
  }
  const endpoint = `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`
  const certificate = options.tls && join(folder, 'ministack-tls', 'server.crt')
  if (await isHealthy(endpoint, certificate)) return { endpoint, port, certificate, stop }
  await stop()
  throw new Error(`MiniStack was not healthy on port ${port} within ${START_MS} ms`)
}

async function isHealthy(endpoint: string, certificate: string | undefined): Promise<boolean> {
  for (const until = Date.now() + START_MS; Date.now() < until; await pause(100)) {
    if (certificate !== undefined && !(await trust(certificate))) continue
    const health = `${endpoint}/_ministack/health`
    const response = await fetch(health, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined)
    if (response?.ok) return true
  }
  return false
}

/** Adds a certificate to those this process trusts; false while there is none yet. */
async function trust(file: string): Promise<boolean> {
  const certificate = await readFile(file, 'utf8').catch(() => '')
  if (!certificate.includes('END CERTIFICATE')) return false
  tls.setDefaultCACertificates([...new Set([...tls.getCACertificates('default'), certificate])])
  return true
}
