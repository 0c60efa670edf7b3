import fc from 'fast-check'
import { test } from 'vitest'
import { createDynamodbMarkers } from '../../drivers/markers/dynamodb/dynamodb.ts'
import { CLOCK, sampleDraft } from '../arbitraries.ts'
import { loadDeclared, SAMPLE } from '../declared.ts'
import { describeOnDynamodb } from '../engines/dynamodb.ts'
import { expectExact } from './compare.ts'
import { createReceiver, withRepeats } from './received-log.ts'
import { scenarios } from './scenario.ts'
import { playSpeedLayer } from './speed-layer.ts'

const { horizon, epochLength } = CLOCK
/** An emulator may delete what has expired by its own clock; the scenarios' epochs lie in the past. */
const lagMs = 40 * 365 * 86_400_000

const declared = await loadDeclared(SAMPLE)
const receive = createReceiver(declared)

describeOnDynamodb('the speed layer with markers on DynamoDB', dynamodb => {
  test.each([
    { consumers: 'one consumer', shards: 1 },
    { consumers: 'three consumers at once', shards: 3 },
  ])(
    'equals the reference after any batches, redeliveries, producer repeats and crashes with $consumers',
    async ({ shards }) => {
      const property = fc.asyncProperty(scenarios(sampleDraft, shards), async scenario => {
        const table = await dynamodb.createTable('markers')
        const markers = createDynamodbMarkers({ client: dynamodb.client, table, horizon, epochLength, lagMs })
        const log = await receive(scenario.requests, scenario.sequenceStart)
        const put = withRepeats(log, scenario.repeats, scenario.sequenceStart)
        await expectExact(declared, await playSpeedLayer(declared, scenario, put, { durable: markers }), log)
      })
      await fc.assert(property, { numRuns: 40 })
    },
    120_000,
  )
})
