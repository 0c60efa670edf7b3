import { expect } from 'vitest'
import * as breaks from './break.ts'
import { type Drill, executions, nothing } from './drill.ts'
import type { DrillStage, Values } from './stage.ts'

const METRIC = 'trips_hourly'

/** A batch, which the timer would start. */
async function nextBatch(stage: DrillStage): Promise<void> {
  expect(await stage.runMachine('npx tributary runs start batch')).toMatchObject({ status: 'succeeded' })
}

/** The speed layer loses numbers of an epoch before its batch; answers the run that found that. */
async function disagree(stage: DrillStage): Promise<string> {
  await stage.send(40)
  await stage.isExact('merged')
  await breaks.loseRealTime(stage, stage.idOf(METRIC))
  await stage.epochCloses()
  const { id, status } = await stage.runMachine('npx tributary runs start batch')
  // A metric that is held fails no run: all others are published.
  expect(status).toBe('succeeded')
  return id
}

/** What the two steps that hold something back have written. */
async function holding(stage: DrillStage, since: number): Promise<Values> {
  return { ...(await stage.written('commit', since)), ...(await stage.written('reconcile', since)) }
}

/** What health says is held. */
async function held({ platform }: DrillStage): Promise<string> {
  const { parts } = await platform.api.get<Health>('/v1/health')
  return JSON.stringify(parts.batch.held ?? [])
}
type Health = { readonly parts: { readonly batch: { readonly held?: unknown } } }

/** Drills of what batches find, and of batches that fail. No timer starts batches here. */
export const BATCH_DRILLS: readonly Drill[] = [
  {
    alarms: ['layers-disagree'],
    async bring(stage) {
      // Epochs that a new stage counts are whole, and compared, from a quarter of an hour on, or by a replay.
      await stage.runMachine('npx tributary runs start replay')
      stage.operator.learn('<id>', await disagree(stage))
      return nothing
    },
    metrics: holding,
    commands: [
      'npx tributary runs list',
      'npx tributary runs show <id>',
      // Of the layers, speed is the one that is wrong.
      'npx tributary runs start replay',
    ],
    async instead(stage) {
      expect(await stage.run('npx tributary runs show <id> --json')).toContain(stage.idOf(METRIC))
      await nextBatch(stage)
    },
    async gone(stage) {
      expect(await held(stage)).not.toContain(METRIC)
      await stage.isExact('batch')
    },
  },
  {
    alarms: ['held'],
    async bring(stage) {
      await disagree(stage)
      expect(await held(stage)).toContain(METRIC)
      stage.operator.learn('<name>', METRIC)
      return nothing
    },
    metrics: holding,
    commands: [`npx tributary runs start batch --input '{"accept":["<name>"]}'`],
    async gone(stage) {
      expect(await held(stage)).not.toContain(METRIC)
      await stage.isExact('batch')
    },
  },
  {
    alarms: ['<machine>-runs-fail'],
    of: 'batch-runs-fail',
    async bring(stage) {
      await stage.send(40)
      await stage.epochCloses()
      const mend = await breaks.misconfigure(stage, 'commit', { TRIBUTARY_EPOCH: 'never' })
      const { id } = await stage.runMachine('npx tributary runs start batch')
      stage.operator.learn('<id>', id)
      return mend
    },
    metrics: async (stage, since) => ({
      ExecutionsFailed: await executions(stage, 'BatchMachine', since, 'FAILED'),
    }),
    commands: ['npx tributary runs show <id>'],
    // Nothing is run: the next run does what is left, which here is to move the boundary.
    instead: nextBatch,
    gone: stage => stage.isExact('batch'),
  },
]
