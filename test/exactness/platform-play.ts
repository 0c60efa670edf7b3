import { createPlan, type PlanResult } from '../../steps/batch/plan.ts'
import { createPlanBackfill } from '../../steps/batch/plan-backfill.ts'
import { createReplay } from '../../steps/replay/replay.ts'
import { CLOCK } from '../arbitraries.ts'
import { Crash } from './faulty-ports.ts'
import { type BatchPorts, batchPorts, batchStages, cutting } from './platform-batch.ts'
import { createPlatformCheck, type PlatformCheck } from './platform-check.ts'
import type { Action, Event, PlatformScenario } from './platform-scenario.ts'
import { createPlatformWorld, type PlatformEngines, type PlatformWorld } from './platform-world.ts'
import type { LoggedRecord } from './received-log.ts'

/**
 * Plays a scenario over a log, lets everything come to its end, and compares with the reference all along.
 */
export async function playPlatform(
  engines: PlatformEngines,
  { actions, afterwards, ...setting }: Omit<PlatformScenario, 'requests'>,
  log: readonly LoggedRecord[],
  checkOf: (world: PlatformWorld) => PlatformCheck = createPlatformCheck,
): Promise<void> {
  const world = createPlatformWorld(engines, log, setting)
  try {
    const check = checkOf(world)
    const stage = { world, check }
    await playAll(stage, actions)
    await playAll(stage, [{ kind: 'receive', take: log.length }, ...PUBLISH])
    await check.published()
    if (afterwards.length === 0) return
    await playAll(stage, [...afterwards, ...PUBLISH])
    await check.published()
  } finally {
    await world.dispose()
  }
}

/** A run publishes what is left, and one a minute later drops what the first has published. */
const PUBLISH: readonly Action[] = [
  { kind: 'batch', stalled: false, meanwhile: [] },
  { kind: 'pass', seconds: 60 },
  { kind: 'batch', stalled: false, meanwhile: [] },
]

type Stage = { readonly world: PlatformWorld; readonly check: PlatformCheck }

async function playAll(stage: Stage, actions: readonly Action[]): Promise<void> {
  for (const action of actions) {
    await play(stage, action)
    await stage.check.mergedAnswers()
    await stage.check.cells()
  }
}

async function play(stage: Stage, action: Action): Promise<void> {
  const { world } = stage
  switch (action.kind) {
    case 'batch':
      return run(stage, action, ports => {
        const plan = createPlan(ports)
        return turn => plan({ turn, run: 'run-1' })
      })
    case 'backfill': {
      const { epochs } = world
      const from = epochs[action.from % epochs.length]!
      const to = epochs[(action.from % epochs.length) + action.length - 1] ?? epochs.at(-1)!
      const range = { from: iso(from), to: iso(to + CLOCK.epochLength) }
      return run(stage, { ...action, stalled: false }, ports => {
        const plan = createPlanBackfill(ports)
        return (turn, last) => plan({ turn, run: 'run-1', last, range })
      })
    }
    case 'replay':
      return replay(world, action.cutAt)
    default:
      return world.happen(action)
  }
}

const iso = (ms: number) => new Date(ms).toISOString()

type Plan = (turn: number, last: number | undefined) => Promise<PlanResult>

/**
 * A run of a machine, with a look at the answers after every change and step, and with something happening
 * after each step.
 */
async function run(
  { world, check }: Stage,
  { stalled, cutAt, meanwhile }: { stalled: boolean; cutAt?: number; meanwhile: readonly Event[] },
  planOf: (ports: BatchPorts) => Plan,
): Promise<void> {
  const ports = batchPorts(world, cutting(cutAt, check.mergedAnswers))
  const events = [...meanwhile]
  let endSlowQueries = check.beginSlowQueries()
  try {
    for await (const stage of batchStages(ports, 'run-1', planOf(ports))) {
      await check.mergedAnswers()
      await endSlowQueries()
      if (stage.kind === 'reconciled' && !stalled) check.reconciled(stage)
      if (stage.kind === 'waiting') await world.catchUp(stalled)
      const event = events.shift()
      if (event !== undefined) await world.happen(event)
      await check.mergedAnswers()
      endSlowQueries = check.beginSlowQueries()
    }
  } catch (error) {
    if (!(error instanceof Crash)) throw error
  } finally {
    await endSlowQueries()
  }
}

/** Until a replay has ended, real-time views are not what they should be: nobody may ask before. */
async function replay(world: PlatformWorld, cutAt: number | undefined): Promise<void> {
  const attempt = (at?: number) =>
    createReplay(
      batchPorts(
        world,
        cutting(at, async () => undefined),
      ),
    )()
  try {
    await attempt(cutAt)
  } catch (error) {
    if (!(error instanceof Crash)) throw error
    await attempt()
  }
}
