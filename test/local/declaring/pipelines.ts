import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { MetricDeclaration } from '../../../core/declare/metric.ts'

export const RIDE = 'org.example.ride'

const CONTRACT = {
  type: RIDE,
  version: 1,
  partitionBy: ['rider'],
  data: {
    type: 'object',
    properties: { rider: { type: 'integer' }, city: { type: 'string' } },
    required: ['rider', 'city'],
  },
}

/** A metric of rides by a field. */
export function ridesBy(name: string, field: 'rider' | 'city', more: Partial<MetricDeclaration> = {}) {
  return { name, type: RIDE, window: 'day', by: [field], measures: { rides: { kind: 'count' } }, ...more }
}

export const BY_CITY = ridesBy('rides_by_city', 'city')
export const BY_RIDER = ridesBy('rides_by_rider', 'rider')

/** A folder with pipelines and data in it, gone at the end. */
export async function createFolders() {
  const root = await mkdtemp(join(tmpdir(), 'tributary-declaring-'))
  let pipelines = 0
  return {
    data: join(root, 'data'),
    /** Writes a pipeline of rides with those metrics; its batches begin when an epoch closes. */
    async pipeline(metrics: readonly { readonly name: string }[]): Promise<string> {
      const folder = join(root, `pipeline-${pipelines++}`)
      const put = async (path: string, text: string) => {
        await mkdir(join(folder, path, '..'), { recursive: true })
        await writeFile(join(folder, path), text)
      }
      await put('contracts/ride.json', JSON.stringify(CONTRACT))
      const batch = { name: 'batch', machine: 'batch', when: 'epoch-close' }
      await put('schedules/batch.ts', `export default ${JSON.stringify(batch)}\n`)
      await mkdir(join(folder, 'metrics'), { recursive: true })
      for (const metric of metrics)
        await put(`metrics/${metric.name}.ts`, `export default ${JSON.stringify(metric)}\n`)
      return folder
    },
    dispose: () => rm(root, { recursive: true, force: true }),
  }
}

/** The `n`-th ride; every fifth has been sent before. */
export function ride(n: number) {
  const id = n % 5 === 4 ? n - 4 : n
  return {
    ...{ specversion: '1.0', id: `ride-${id}`, source: '/declaring', type: RIDE },
    time: '2026-01-31T12:00:00Z',
    data: { rider: id % 7, city: `city ${id % 3}` },
  }
}

/** How often each group occurs among the first `n` rides, each counted once. */
export function expectedRides(n: number, field: 'rider' | 'city'): Readonly<Record<string, number>> {
  const rides = new Map(Array.from({ length: n }, (_, i) => [ride(i).id, ride(i)]))
  const counts: Record<string, number> = {}
  for (const { data } of rides.values()) counts[data[field]] = (counts[data[field]] ?? 0) + 1
  return counts
}

export type Answer = {
  readonly rows: readonly {
    readonly group: Readonly<Record<string, unknown>>
    readonly values: { readonly rides: number }
  }[]
  readonly provenance: { readonly boundary: string | null; readonly since?: string; readonly held?: unknown }
}

/** An answer as counts of each group. */
export function countsOf({ rows }: Answer): Readonly<Record<string, number>> {
  return Object.fromEntries(rows.map(({ group, values }) => [String(Object.values(group)[0]), values.rides]))
}

export type RunReport = {
  readonly machine: string
  readonly status: string
  readonly input: unknown
  readonly report: {
    readonly held?: unknown
    readonly epochs?: Readonly<
      Record<string, { readonly reconciliation?: { ok: boolean; metrics: Record<string, unknown> } }>
    >
  }
}

/** Asks until it is so, for a while. */
export async function until<T>(ask: () => Promise<T>, isSo: (answer: T) => boolean, ms = 30_000): Promise<T> {
  const end = Date.now() + ms
  for (;;) {
    const answer = await ask()
    if (isSo(answer)) return answer
    if (Date.now() > end) throw new Error(`not so within ${ms} ms: ${JSON.stringify(answer)}`)
    await sleep(100)
  }
}

/** Resolves when a next epoch has begun; answers its start. */
export async function nextEpoch(epochLength: number): Promise<number> {
  const next = (Math.floor(Date.now() / epochLength) + 1) * epochLength
  await sleep(next - Date.now() + 20)
  return next
}
