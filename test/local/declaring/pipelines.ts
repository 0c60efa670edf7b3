import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'

export const RIDE = 'org.example.ride'
export const STOP = 'org.example.stop'

/** A contract of rides; those that stop are of a type of their own with the same fields. */
const contractOf = (type: string, more: object, contract: object) => ({
  ...{ type, version: 1, partitionBy: ['rider'], ...contract },
  data: {
    type: 'object',
    properties: { rider: { type: 'integer' }, city: { type: 'string' }, ...more },
    required: ['rider', 'city'],
  },
})

type Field = 'rider' | 'city' | 'speed'

/** A metric that counts by a field. */
export const countBy = (name: string, type: string, field: Field) => ({
  ...{ name, type, window: 'day', by: [field], measures: { rides: { kind: 'count' } } },
  field,
})

export const RIDES = countBy('rides', RIDE, 'city')
/** The same name with another meaning. */
export const RIDES_CHANGED = countBy('rides', RIDE, 'rider')
export const BY_RIDER = countBy('rides_by_rider', RIDE, 'rider')
export const STOPS = countBy('stops', STOP, 'city')

export type CountBy = typeof RIDES

/** A folder with pipelines and data in it, gone at the end. */
export async function createFolders() {
  const root = await mkdtemp(join(tmpdir(), 'tributary-declaring-'))
  let pipelines = 0
  return {
    data: join(root, 'data'),
    /**
     * Writes a pipeline with those metrics and their types, which have `more` fields that may be missing, and
     * what `contract` says; its batches begin when an epoch closes.
     */
    async pipeline(metrics: readonly CountBy[], more: object = {}, contract: object = {}): Promise<string> {
      const folder = join(root, `pipeline-${pipelines++}`)
      const put = async (path: string, text: string) => {
        await mkdir(join(folder, path, '..'), { recursive: true })
        await writeFile(join(folder, path), text)
      }
      for (const type of new Set([RIDE, ...metrics.map(metric => metric.type)]))
        await put(`contracts/${type}.json`, JSON.stringify(contractOf(type, more, contract)))
      const batch = { name: 'batch', machine: 'batch', when: 'epoch-close' }
      await put('schedules/batch.ts', `export default ${JSON.stringify(batch)}\n`)
      for (const { field, ...metric } of metrics)
        await put(`metrics/${metric.name}.ts`, `export default ${JSON.stringify(metric)}\n`)
      return folder
    },
    dispose: () => rm(root, { recursive: true, force: true }),
  }
}

/** The `n`-th ride, or stop; every fifth has been sent before. */
export function ride(n: number, type = RIDE) {
  const id = n % 5 === 4 ? n - 4 : n
  return {
    ...{ specversion: '1.0', id: `ride-${id}`, source: '/declaring', type },
    time: '2026-01-31T12:00:00Z',
    data: { rider: id % 7, city: `city ${id % 3}`, speed: undefined as unknown },
  }
}

/** How often each group occurs among the first `n` rides, each counted once. */
export function expectedRides(n: number, field: Field): Readonly<Record<string, number>> {
  const rides = new Map(Array.from({ length: n }, (_, i) => [ride(i).id, ride(i)]))
  const counts: Record<string, number> = {}
  for (const { data } of rides.values()) counts[`${data[field]}`] = (counts[`${data[field]}`] ?? 0) + 1
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
    readonly epochs?: Readonly<Record<string, { readonly reconciliation?: Reconciled }>>
  }
}

type Reconciled = { readonly ok: boolean; readonly metrics: Readonly<Record<string, unknown>> }

/** What a test asks of a platform, in this process or another. */
export type Asked = <T>(path: string) => Promise<T>

export const answerOf = (get: Asked, { name }: CountBy) => get<Answer>(`/v1/metrics/${name}`)

/** Waits until the numbers of a metric are those of the first `n` rides. */
export async function expectCounts(get: Asked, metric: CountBy, n: number): Promise<Answer> {
  const wanted = JSON.stringify(expectedRides(n, metric.field))
  return until(
    () => answerOf(get, metric),
    answer => JSON.stringify(countsOf(answer)) === wanted,
  )
}

/** Waits until batches have come through an epoch; nothing may differ or be held. */
export async function expectPublished(
  get: Asked,
  metrics: readonly CountBy[],
  epoch: number,
): Promise<readonly RunReport[]> {
  for (const metric of metrics)
    await until(
      () => answerOf(get, metric),
      ({ provenance: { boundary } }) => boundary !== null && Date.parse(boundary) >= epoch,
      60_000,
    )
  const { runs } = await get<{ runs: RunReport[] }>('/v1/runs?limit=1000')
  const reports = JSON.stringify(runs.map(({ report }) => report))
  expect(reports).not.toContain('"ok":false')
  expect(reports).not.toContain('"held":')
  return runs
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
