import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { type PlatformProcess, startPlatformProcess } from '../../bench/platform-process.ts'
import { loadDeclared, SAMPLE } from '../declared.ts'
import { expectedPartials, judge } from '../oracle.ts'
import { createSender } from './sender.ts'

const ROOT = join(import.meta.dirname, '..', '..')
/** Epochs of a second are the shortest there are: a batch a second, and hundreds of epochs. */
const EPOCH_SECONDS = Number(process.env['EPOCH_SECONDS'] ?? 3)
/** But for the one that only runs enter which are given scripts. */
const STATES = statesOf(
  JSON.parse(readFileSync(join(ROOT, 'state-machines', 'batch.asl.json'), 'utf8')) as AnyStates,
).filter(name => name !== 'RunScripts')
const SETTINGS = {
  TRIBUTARY_PIPELINE: SAMPLE,
  TRIBUTARY_WAREHOUSE: 'on',
  TRIBUTARY_WAREHOUSE_PORT: String(20_000 + Math.floor(Math.random() * 20_000)),
  TRIBUTARY_EPOCH: `${EPOCH_SECONDS}s`,
  TRIBUTARY_DEDUPE_HORIZON: '10000',
  TRIBUTARY_LOG_LEVEL: 'fatal',
}
/**
 * Each start has one of these numbers of lanes and of partitions: a crash may leave views that another number
 * of lanes takes over, and a log whose records went by other partitions.
 */
const LANES = ['1', '2', '4']
const PARTITIONS = ['5', '16', '100']
const RANDOM_KILLS = 7
/** How often a run is killed in each of its states; `npm run soak` does it twice. */
const STATE_ROUNDS = Number(process.env['STATE_ROUNDS'] ?? 1)
const KILLS = Number(process.env['KILLS'] ?? RANDOM_KILLS + STATE_ROUNDS * STATES.length)
/** A batch takes about as long for a short epoch as for a longer one, and there are many more of them. */
const PATIENCE_MS = EPOCH_SECONDS < 3 ? 600_000 : 240_000
/** Four epochs for a state that is not entered, a start, and a machine that does other things too. */
const KILL_MS = 18_000
/** Of each connection after a request, while a state is waited for; `npm run soak` has none. */
const PAUSE_MS = Number(process.env['PAUSE_MS'] ?? 20)
const SEED = Number(process.env['SEED'] ?? Date.now() % 1e6)

describe(`kill -9 (seed ${SEED})`, () => {
  const random = randomFrom(SEED)
  const sender = createSender(random)
  let platform: PlatformProcess

  afterAll(async () => {
    await platform.stop('SIGKILL')
    platform.dispose()
  })

  it(
    'loses nothing acknowledged and counts nothing twice, however often and wherever it strikes',
    async () => {
      const settings = () => ({
        ...SETTINGS,
        TRIBUTARY_LANES: LANES[Math.floor(random() * LANES.length)]!,
        TRIBUTARY_PARTITIONS: PARTITIONS[Math.floor(random() * PARTITIONS.length)]!,
      })
      platform = await startPlatformProcess(settings())
      const kills: string[] = []
      for (let round = 0; round < KILLS; round++) {
        const state = round < RANDOM_KILLS ? undefined : STATES[(round - RANDOM_KILLS) % STATES.length]!
        kills.push(state ?? 'any moment')
        await killUnderLoad(state)
        platform = await startPlatformProcess(settings(), platform.data)
      }
      await sender.settle(platform)
      const settled = Date.now()
      expect(kills.length).toBeGreaterThanOrEqual(20)
      const { contracts, metrics } = await loadDeclared(SAMPLE)
      const judged = judge(
        sender
          .events()
          .map(event => ({ json: JSON.stringify({ source: '/kill', ...event }), epoch: 0, partition: 0 })),
        { horizon: 10_000, epochLength: EPOCH_SECONDS * 1000 },
      )
      await until('the speed layer has caught up', async () => (await speed()).lagMs === 0)
      for (const layer of ['merged', 'batch'] as const) {
        if (layer === 'batch') await batchesToCatchUp(metrics, settled)
        for (const metric of metrics) {
          const expected = Object.fromEntries(
            expectedPartials(judged, metric, contracts).map(({ window, group, values }) => [
              `${new Date(window).toISOString().slice(0, 19)}Z ${group}`,
              values,
            ]),
          )
          expect(await answerOf(metric.name, layer), `${metric.name}, layer ${layer}`).toEqual(expected)
        }
      }
      expect(await mismatches()).toEqual([])
    },
    KILLS * KILL_MS + 2 * PATIENCE_MS,
  )

  /** Kills the platform under load: at a random moment, or as soon as a run has entered a state. */
  async function killUnderLoad(state: string | undefined): Promise<void> {
    const moment = state === undefined ? sleep(200 + random() * 1500) : runIsIn(state)
    // A state is waited for as long as four epochs: at full speed, batches would be most of the test.
    const sending = sender.sendTo(platform, moment, state === undefined ? 0 : PAUSE_MS)
    await moment
    await platform.stop('SIGKILL')
    await sending
  }

  /**
   * Resolves when a run is in the state; at the latest after four epochs, when it just is not entered any
   * more.
   */
  async function runIsIn(state: string): Promise<void> {
    const end = Date.now() + 4 * EPOCH_SECONDS * 1000
    while (Date.now() < end) {
      const { runs } = await platform.get<{ runs: Run[] }>('/v1/runs?limit=3')
      if (runs.some(run => run.status === 'running' && run.states.at(-1)?.name === state)) return
      await sleep(5)
    }
  }

  /** Every event is behind the boundary of each metric. What is asked is cheap: a range without events. */
  async function batchesToCatchUp(
    metrics: readonly { readonly name: string }[],
    settled: number,
  ): Promise<void> {
    const range = 'from=2001-01-01T00:00:00Z&to=2001-01-02T00:00:00Z'
    await until(
      `the batch layer has caught up`,
      async () => {
        for (const { name } of metrics) {
          const { provenance } = await platform.get<Answer>(`/v1/metrics/${name}?${range}`)
          if (Date.parse(provenance.boundary ?? '2001-01-01') + EPOCH_SECONDS * 1000 <= settled) return false
        }
        return true
      },
      () => platform.get('/v1/runs?limit=3'),
    )
  }

  async function answerOf(metric: string, layer: string): Promise<Record<string, unknown>> {
    const { rows } = await platform.get<Answer>(`/v1/metrics/${metric}?layer=${layer}`)
    return Object.fromEntries(
      rows.map(({ window, group, values }) => [`${window} ${JSON.stringify(group)}`, values]),
    )
  }

  async function speed() {
    return (await platform.get<Health>('/v1/health')).parts.speed
  }

  async function mismatches(): Promise<readonly unknown[]> {
    const { runs } = await platform.get<{ runs: Run[] }>('/v1/runs?limit=1000')
    return runs.flatMap(run => (JSON.stringify(run.report).includes('"ok":false') ? [run.report] : []))
  }
})

type AnyStates = { readonly States: Readonly<Record<string, AnyState>> }
type AnyState = { readonly Type: string; readonly ItemProcessor?: AnyStates; readonly Iterator?: AnyStates }
type Run = {
  readonly status: string
  readonly states: readonly { readonly name: string }[]
  readonly report: unknown
}
type Health = { readonly parts: { readonly speed: { readonly lagMs: number; readonly counted: number } } }
type Answer = {
  readonly provenance: { readonly boundary: string | null }
  readonly rows: readonly { readonly window: string; readonly group: unknown; readonly values: unknown }[]
}

/** Names of the task states of a machine, nested ones too. */
function statesOf(machine: AnyStates): readonly string[] {
  return Object.entries(machine.States).flatMap(([name, state]) => [
    ...(state.Type === 'Task' ? [name] : []),
    ...[state.ItemProcessor, state.Iterator].flatMap(inner => (inner === undefined ? [] : statesOf(inner))),
  ])
}

async function until(
  what: string,
  isTrue: () => Promise<boolean>,
  otherwise: () => Promise<unknown> = async () => '',
): Promise<void> {
  const end = Date.now() + PATIENCE_MS
  while (!(await isTrue())) {
    if (Date.now() > end)
      throw new Error(`not within ${PATIENCE_MS} ms: ${what} ${JSON.stringify(await otherwise())}`)
    await sleep(200)
  }
}

/** Mulberry32: the same kills again for the same seed, as far as the machine allows. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let x = Math.imul(state ^ (state >>> 15), 1 | state)
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296
  }
}
