import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type PlatformProcess, startPlatformProcess } from '../../bench/platform-process.ts'
import { freePort } from '../drivers/warehouse/server.ts'

/** What a user would write into `pipeline/`. */
export type Declarations = { readonly contracts: readonly object[]; readonly metrics: readonly object[] }

/** A platform in a process of its own, with a warehouse, that makes numbers exact every few seconds. */
export type WholePlatform = PlatformProcess & {
  /** Address of its warehouse, of the role that owns the tables. */
  warehouse(): Promise<string>
  /** Sends a body as it is. */
  send(body: string, type?: string): Promise<{ status: number; answer: unknown }>
  /** The text of an answer, and its status. */
  read(path: string): Promise<{ status: number; text: string }>
  /** Waits until the speed layer has counted what has been sent. */
  applied(): Promise<void>
  /** Waits until what has been sent is in the batch views of every metric, and in the warehouse. */
  published(patience: number): Promise<void>
  /** Runs that failed, and what is held. */
  failures(): Promise<readonly string[]>
  end(): Promise<void>
}

const EPOCH_SECONDS = 3

export async function startWholePlatform(declarations: Declarations): Promise<WholePlatform> {
  const root = await mkdtemp(join(tmpdir(), 'tributary-whole-'))
  // PostgreSQL runs as another account where this one is root.
  await chmod(root, 0o755)
  const port = await freePort()
  const settings = {
    TRIBUTARY_PIPELINE: await writePipeline(root, declarations),
    TRIBUTARY_EPOCH: `${EPOCH_SECONDS}s`,
    TRIBUTARY_WAREHOUSE: 'on',
    TRIBUTARY_WAREHOUSE_PORT: String(port),
    TRIBUTARY_LOG_LEVEL: 'error',
  }
  const platform = await startPlatformProcess(settings, join(root, 'data'))
  const call = (path: string, init: RequestInit = {}) =>
    fetch(`http://127.0.0.1:${platform.port}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${platform.key}`, ...init.headers },
      signal: AbortSignal.timeout(60_000),
    })
  return {
    ...platform,
    async warehouse() {
      const password = (await readFile(join(platform.data, 'warehouse-password'), 'utf8')).trim()
      return `postgres://tributary:${encodeURIComponent(password)}@127.0.0.1:${port}/tributary`
    },
    async send(body, type = 'application/cloudevents-batch+json') {
      const response = await call('/v1/events', { method: 'POST', headers: { 'content-type': type }, body })
      return { status: response.status, answer: await response.json() }
    },
    async read(path) {
      const response = await call(path)
      return { status: response.status, text: await response.text() }
    },
    applied: () =>
      until(60_000, async () => {
        const { parts } = await platform.get<Health>('/v1/health')
        return parts['speed']?.['lagMs'] === 0 ? undefined : parts
      }),
    published: patience => waitUntilPublished(platform, patience),
    failures: () => failuresOf(platform),
    async end() {
      await platform.stop()
      await rm(root, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

async function writePipeline(root: string, { contracts, metrics }: Declarations): Promise<string> {
  const folder = join(root, 'pipeline')
  for (const kind of ['contracts', 'metrics', 'schedules'])
    await mkdir(join(folder, kind), { recursive: true })
  const script = (declaration: object) => `export default ${JSON.stringify(declaration)}`
  for (const [i, contract] of contracts.entries())
    await writeFile(join(folder, 'contracts', `c${i}.json`), JSON.stringify(contract))
  for (const [i, metric] of metrics.entries())
    await writeFile(join(folder, 'metrics', `m${i}.ts`), script(metric))
  const batch = { name: 'batch', machine: 'batch', when: 'epoch-close' }
  await writeFile(join(folder, 'schedules', 'batch.ts'), script(batch))
  return folder
}

type Health = { readonly parts: Readonly<Record<string, Readonly<Record<string, unknown>>>> }
type Run = { readonly machine: string; readonly status: string; readonly startedAt: string }
type Runs = { readonly runs: readonly Run[] }

async function waitUntilPublished(platform: PlatformProcess, patience: number): Promise<void> {
  const epoch = Math.floor(Date.now() / 1000 / EPOCH_SECONDS) * EPOCH_SECONDS * 1000
  await until(patience, async () => {
    const { parts } = await platform.get<Health>('/v1/health')
    const boundaries = Object.values((parts['batch']?.['boundaries'] ?? {}) as Record<string, string | null>)
    const isThere = boundaries.length > 0 && boundaries.every(at => at !== null && Date.parse(at) >= epoch)
    return isThere ? undefined : { epoch, boundaries, failures: await failuresOf(platform) }
  })
  const since = Date.now()
  await until(patience, async () => {
    const { runs } = await platform.get<Runs>('/v1/runs?limit=100')
    const loads = runs.filter(({ machine }) => machine === 'warehouse')
    const isLoaded = loads.some(one => one.status === 'succeeded' && Date.parse(one.startedAt) >= since)
    return isLoaded ? undefined : runs
  })
}

/** @param look what is so in the meantime; undefined: that is what was waited for */
async function until(patience: number, look: () => Promise<unknown>): Promise<void> {
  const end = Date.now() + patience
  for (let found = await look(); found !== undefined; found = await look()) {
    if (Date.now() > end) throw new Error(`not within ${patience} ms: ${JSON.stringify(found)}`)
    await sleep(200)
  }
}

async function failuresOf(platform: PlatformProcess): Promise<readonly string[]> {
  const { runs } = await platform.get<Runs>('/v1/runs?limit=500')
  const failed = runs.filter(({ status }) => status === 'failed' || status === 'aborted')
  const { parts } = await platform.get<Health>('/v1/health')
  const { held, lastFailure } = parts['batch']!
  return [...failed, held, lastFailure]
    .filter(one => one !== undefined && one !== null)
    .map(one => JSON.stringify(one).slice(0, 1000))
}
