import fc from 'fast-check'
import { describe, test } from 'vitest'
import { hostileDraft, sampleDraft } from '../arbitraries.ts'
import { HOSTILE, loadDeclared, SAMPLE } from '../declared.ts'
import { describeOnDynamodb } from '../engines/dynamodb.ts'
import { expectExact } from './compare.ts'
import { faultyClient, openContainers } from './dynamodb-layer.ts'
import { playOnDynamodb, type Reshard } from './dynamodb-play.ts'
import { createReceiver, withRepeats } from './received-log.ts'
import { type Scenario, scenarios } from './scenario.ts'

/** Each property ends after so many runs or milliseconds; DYNAMODB_RUNS multiplies both. */
const TIMES = Number(process.env['DYNAMODB_RUNS'] ?? 1)
const RUNS = 200 * TIMES
const MS = 15_000 * TIMES
/** Runs at once, for most of its time a run waits. */
const PARALLEL = 4

const reshards: fc.Arbitrary<readonly Reshard[]> = fc.array(
  fc.record({ after: fc.nat(13), shards: fc.integer({ min: 1, max: 5 }) }),
  { maxLength: 2 },
)

/**
 * In half of the scenarios requests follow one another within an epoch, so that handlers meet in the same
 * items.
 */
function busy(arbitrary: fc.Arbitrary<Scenario>): fc.Arbitrary<Scenario> {
  const sooner = ({ wait, ...rest }: Scenario['requests'][number]) => ({ ...rest, wait: wait % 60_000 })
  return fc
    .tuple(arbitrary, fc.boolean())
    .map(([scenario, soon]) => (soon ? { ...scenario, requests: scenario.requests.map(sooner) } : scenario))
}

const pipelines = [
  { name: 'the sample pipeline', folder: SAMPLE, draft: sampleDraft },
  { name: 'a hostile pipeline', folder: HOSTILE, draft: hostileDraft },
]

const loaded = await Promise.all(
  pipelines.map(async pipeline => ({ ...pipeline, declared: await loadDeclared(pipeline.folder) })),
)

describeOnDynamodb('the speed layer on DynamoDB', dynamodb => {
  describe.each(loaded)('over $name', ({ declared, draft }) => {
    test.each([
      { consumers: 'one consumer', shards: 1 },
      { consumers: 'five consumers, more or fewer after a reshard', shards: 5 },
    ])(
      'equals the reference after any batches, redeliveries, throttles, lost answers, partial answers and crashes with $consumers',
      async ({ shards }) => {
        const receive = createReceiver(declared)
        const client = faultyClient(dynamodb)
        const arbitrary = fc.record({
          scenario: busy(scenarios(draft, shards)),
          reshards: shards === 1 ? fc.constant([]) : reshards,
        })
        const property = fc.asyncProperty(arbitrary, async ({ scenario, reshards }) => {
          const log = await receive(scenario.requests, scenario.sequenceStart)
          const put = withRepeats(log, scenario.repeats, scenario.sequenceStart)
          const open = await openContainers(dynamodb, client, declared.pipeline)
          const views = await playOnDynamodb(open, { ...scenario, reshards }, put)
          await expectExact(declared, views, log)
        })
        // A failure is not shrunk: with real requests no run takes the same turns twice.
        const limits = { numRuns: RUNS / PARALLEL, interruptAfterTimeLimit: MS, endOnFailure: true }
        const searches = Array.from({ length: PARALLEL }, () => fc.assert(property, limits))
        const failed = (await Promise.allSettled(searches)).find(({ status }) => status === 'rejected')
        if (failed?.status === 'rejected') throw failed.reason
      },
      MS * 4,
    )
  })
})
