import fc from 'fast-check'
import { describe, test } from 'vitest'
import { hostileDraft, sampleDraft } from '../arbitraries.ts'
import { HOSTILE, loadDeclared, SAMPLE } from '../declared.ts'
import { expectAnswersExact, expectExact } from './compare.ts'
import { createReceiver, withRepeats } from './received-log.ts'
import { scenarios } from './scenario.ts'
import { playSpeedLayer } from './speed-layer.ts'

const pipelines = [
  { name: 'the sample pipeline', folder: SAMPLE, draft: sampleDraft },
  { name: 'a hostile pipeline', folder: HOSTILE, draft: hostileDraft },
]

describe.each(pipelines)('the speed layer over $name', async ({ folder, draft }) => {
  const declared = await loadDeclared(folder)
  const receive = createReceiver(declared)

  test.each([
    { consumers: 'one consumer', shards: 1, lanes: undefined, runs: 500 },
    { consumers: 'one consumer in place', shards: 1, lanes: undefined, inPlace: true, runs: 300 },
    { consumers: 'one consumer and one lane in place', shards: 1, lanes: 1, inPlace: true, runs: 300 },
    { consumers: 'one consumer of two lanes', shards: 1, lanes: 2, runs: 200 },
    { consumers: 'one consumer of four lanes in place', shards: 1, lanes: 4, inPlace: true, runs: 200 },
    { consumers: 'three consumers at once', shards: 3, lanes: undefined, runs: 400 },
    { consumers: 'three consumers at once, a lane each', shards: 3, lanes: 3, runs: 200 },
    {
      consumers: 'three consumers at once in place, a lane each',
      shards: 3,
      lanes: 3,
      inPlace: true,
      runs: 300,
    },
  ])(
    'equals the reference after any batches, redeliveries, producer repeats, crashes and restarts with $consumers',
    async ({ shards, lanes, inPlace = false, runs }) => {
      const property = fc.asyncProperty(scenarios(draft, shards), async scenario => {
        const log = await receive(scenario.requests, scenario.sequenceStart)
        // The reference sees every receipt once: what the batch layer counts, too.
        const put = withRepeats(log, scenario.repeats, scenario.sequenceStart)
        const views = await playSpeedLayer(declared, scenario, put, { lanes, inPlace })
        await expectExact(declared, views, log)
        await expectAnswersExact(declared, views, log)
      })
      await fc.assert(property, { numRuns: runs })
    },
    60_000,
  )
})
