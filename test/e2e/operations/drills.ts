import { expect } from 'vitest'
import { keysUnder } from '../ministack/raw-lake.ts'
import { until } from '../ministack/until.ts'
import { BATCH_DRILLS } from './batch-drills.ts'
import * as breaks from './break.ts'
import { followDeadLetters, giveUpArrival, letters } from './dead-letters.ts'
import { type Drill, executions, nothing } from './drill.ts'
import type { DrillStage } from './stage.ts'

const PATIENCE_MS = 60_000

const arrivals = ({ platform }: DrillStage) => keysUnder(platform.s3, platform.lake, 'arrivals/')
const rawObjects = ({ platform }: DrillStage) => keysUnder(platform.s3, platform.lake, 'raw/')

/** Sends events whose arrivals nobody is told of; answers those arrivals. */
async function sendUnseen(stage: DrillStage, count: number): Promise<readonly string[]> {
  const before = new Set(await arrivals(stage))
  await stage.send(count)
  let made: readonly string[] = []
  await until('there are arrivals', PATIENCE_MS, async () => {
    made = (await arrivals(stage)).filter(key => !before.has(key))
    expect(made.length).toBeGreaterThan(0)
  })
  return made
}

/** Arrivals that were given up by the drill before, and those of the one that runs. */
let unseen: readonly string[] = []
let showArrivals = nothing

/** In this order: each leaves a stage that works, and some stand on what the one before has done. */
export const DRILLS: readonly Drill[] = [
  {
    alarms: ['batch-stands-still'],
    async bring(stage) {
      await breaks.stopBatches(stage)
      return nothing
    },
    metrics: async (stage, since) => ({
      ExecutionsSucceeded: await executions(stage, 'BatchMachine', since, 'SUCCEEDED'),
    }),
    commands: ['npx tributary runs list', 'npx tributary runs start batch'],
    // From here on no timer starts batches: only what the page says.
    gone: nothing,
  },
  {
    alarms: ['speed-stands-still'],
    async bring(stage) {
      await breaks.stopSpeed(stage)
      await stage.send(60)
      return nothing
    },
    metrics: async (stage, since) => ({
      ...{ EventsAccepted: null, EventsCounted: null, Duplicates: null },
      ...(await stage.written('ingest', since)),
      ...(await stage.written('speed', since)),
    }),
    commands: [
      'aws lambda list-event-source-mappings --function-name <stack>-speed',
      'aws lambda update-event-source-mapping --uuid <mapping> --enabled',
    ],
    async gone(stage) {
      await stage.send(20)
      await stage.isExact('speed')
    },
  },
  {
    alarms: ['records-are-unreadable'],
    async bring(stage) {
      await breaks.putGarbage(stage)
      return nothing
    },
    metrics: (stage, since) => stage.written('speed', since),
    commands: [],
    async gone(stage) {
      const { s3, lake } = stage.platform
      expect((await keysUnder(s3, lake, 'dead-letters/')).length).toBeGreaterThan(0)
      await stage.send(20)
      await stage.isExact('speed')
    },
  },
  {
    alarms: ['<function>-fails', 'api-fails'],
    of: 'metrics-fails',
    async bring(stage) {
      return breaks.misconfigure(stage, 'metrics', { TRIBUTARY_EPOCH: 'never' })
    },
    async metrics({ platform }) {
      const ask = () =>
        platform.api.get('/v1/metrics/trips_hourly').then(
          () => 200,
          error => Number(/: (\d{3}) /.exec(String(error))?.[1]),
        )
      const answers = await Promise.all(Array.from({ length: 6 }, ask))
      const failed = answers.filter(status => status >= 500).length
      return { Errors: failed, '5xx': failed }
    },
    commands: [
      `aws logs filter-log-events --log-group-name /aws/vendedlogs/http/<stack> --filter-pattern '{ $.status = "5*" }'`,
    ],
    gone: stage => stage.isExact('merged'),
  },
  {
    alarms: ['records-given-up', 'records-dropped', 'dead-letters-unwritten'],
    async bring(stage) {
      await breaks.stopSpeed(stage)
      await stage.send(60)
      await breaks.writeGivenUp(stage)
      return nothing
    },
    // Lambda's own; what it counts is what the drill kept from the speed layer.
    metrics: async (stage, since) => {
      const { EventsCounted } = await stage.written('speed', since)
      const isShort = EventsCounted === undefined ? 1 : 0
      return {
        OnFailureDestinationDeliveredEventCount: isShort,
        ...{ DroppedEventCount: isShort, DestinationDeliveryFailures: isShort },
      }
    },
    commands: ['npx tributary runs start replay'],
    gone: stage => stage.isExact('speed'),
  },
  {
    alarms: ['replay-runs-fail'],
    async bring(stage) {
      const mend = await breaks.misconfigure(stage, 'replay', { TRIBUTARY_EPOCH: 'never' })
      const { id } = await stage.runMachine('npx tributary runs start replay')
      stage.operator.learn('<id>', id)
      return mend
    },
    metrics: async (stage, since) => ({
      ExecutionsFailed: await executions(stage, 'ReplayMachine', since, 'FAILED'),
    }),
    commands: ['npx tributary runs show <id>', 'npx tributary runs start replay'],
    async gone(stage) {
      const shown = await stage.run('aws lambda list-event-source-mappings --function-name <stack>-speed')
      expect(shown).toContain('"State": "Enabled"')
      await stage.send(20)
      await stage.isExact('merged')
    },
  },
  {
    alarms: ['dead-letters-wait', 'dead-letters-are-old'],
    async bring(stage) {
      showArrivals = await breaks.hideArrivals(stage)
      const [lost, ...others] = await sendUnseen(stage, 40)
      unseen = others
      await giveUpArrival(stage, lost!)
      return nothing
    },
    metrics: letters,
    commands: [],
    async instead(stage) {
      const before = (await rawObjects(stage)).length
      await followDeadLetters(stage)
      expect((await rawObjects(stage)).length).toBeGreaterThan(before)
    },
    gone: nothing,
  },
  {
    alarms: ['arrivals-dropped', 'arrivals-unqueued'],
    async bring(stage) {
      unseen = [...unseen, ...(await sendUnseen(stage, 20))]
      return showArrivals
    },
    // Lambda's own; what it counts is what the drill kept from it, until that is split.
    metrics: async () => ({ AsyncEventsDropped: unseen.length, DestinationDeliveryFailures: unseen.length }),
    commands: [],
    async instead(stage) {
      await stage.epochCloses()
      // The next batch, which the timer would start.
      expect(await stage.runMachine('npx tributary runs start batch')).toMatchObject({ status: 'succeeded' })
      await stage.isExact('batch')
      unseen = []
    },
    gone: nothing,
  },
  {
    alarms: ['raw-came-late'],
    async bring(stage) {
      await breaks.repeatArrival(stage)
      return nothing
    },
    metrics: (stage, since) => stage.written('deliverRaw', since),
    commands: [],
    async instead(stage) {
      expect(await stage.runMachine('npx tributary runs start batch')).toMatchObject({ status: 'succeeded' })
    },
    gone: stage => stage.isExact('batch'),
  },
  ...BATCH_DRILLS,
]
