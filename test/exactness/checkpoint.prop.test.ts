import fc from 'fast-check'
import { describe, test } from 'vitest'
import { hostileDraft, requests, sampleDraft } from '../arbitraries.ts'
import { HOSTILE, loadDeclared, SAMPLE } from '../declared.ts'
import { checkpointSteps, playCheckpoints } from './checkpoint-layer.ts'
import { createReceiver } from './received-log.ts'

describe.each([
  { name: 'the sample pipeline', folder: SAMPLE, draft: sampleDraft },
  { name: 'a hostile pipeline', folder: HOSTILE, draft: hostileDraft },
])('the checkpointed views and markers of one machine over $name', async ({ folder, draft }) => {
  const declared = await loadDeclared(folder)
  const receive = createReceiver(declared)

  test.each([1, 2, 4])(
    'equal the reference after any order of applying, saving, dropping, crashing and replaying with %i lanes',
    async lanes => {
      const property = fc.asyncProperty(
        requests(draft),
        checkpointSteps,
        fc.nat(),
        async (sent, steps, seed) => {
          const log = await receive(sent, 95n)
          await playCheckpoints(declared, log, steps, seed, lanes)
        },
      )
      await fc.assert(property, { numRuns: 100 })
    },
    60_000,
  )
})
