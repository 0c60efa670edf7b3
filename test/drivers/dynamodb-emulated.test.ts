import { afterAll, describe, test } from 'vitest'
import { createDynamodbHolds } from '../../drivers/holds/dynamodb.ts'
import { createDynamodbMarkers } from '../../drivers/markers/dynamodb/dynamodb.ts'
import { createDynamodbRuns } from '../../drivers/runs/dynamodb/dynamodb.ts'
import { createDynamodbBatchViews } from '../../drivers/views/dynamodb-batch/views.ts'
import { createDynamodbRealTimeViews } from '../../drivers/views/dynamodb-real-time/views.ts'
import { describeHolds } from '../contracts/holds.ts'
import { describeLedger } from '../contracts/ledger.ts'
import { describeMarkers } from '../contracts/markers.ts'
import { runsContract } from '../contracts/runs.ts'
import { describeBatchViews, describeRealTimeViews } from '../contracts/views.ts'
import { openEmulator } from '../engines/dynamodb/emulators.ts'
import { openLedgerKit } from './ledger/dynamodb/kit.ts'

/** Longer than the scenarios lie in the past: an emulator may delete what has expired. */
const LONG_MS = 200 * 365 * 86_400_000

/** What keeps the double and the drivers from being wrong together: an engine that others wrote. */
describe('on MiniStack the drivers of DynamoDB keep the contracts of their ports:', async () => {
  const dynamodb = await openEmulator('MiniStack')
  if ('reason' in dynamodb) {
    console.warn(`skipped: the contracts on MiniStack: ${dynamodb.reason}`)
    test.skip(dynamodb.reason)
    return
  }
  const { client, createTable } = dynamodb
  const dispose = async () => {}
  afterAll(() => dynamodb.dispose())

  describeBatchViews('batch views', async shapes => {
    const table = await createTable('batch')
    return { views: createDynamodbBatchViews({ client, table, shapes }), dispose }
  })
  describeRealTimeViews('real-time views', async shapes => {
    const options = { client, table: await createTable('real-time'), shapes }
    const layoutOf = () => ({ packTo: 1024, groups: 1000, spread: 3 })
    return { views: createDynamodbRealTimeViews({ ...options, layoutOf }), dispose }
  })
  describeMarkers('markers', async settings => {
    const table = await createTable('markers')
    return { markers: createDynamodbMarkers({ client, table, lagMs: LONG_MS, ...settings }), dispose }
  })
  describeLedger('the ledger', async ({ epochLength }) =>
    openLedgerKit(client, await createTable('control'), epochLength),
  )
  describeHolds('holds', async () => {
    const table = await createTable('batch')
    return { holds: createDynamodbHolds({ client, table }), dispose }
  })
  describe('runs', () =>
    runsContract(
      async () =>
        createDynamodbRuns({
          client,
          table: await createTable('control'),
          now: () => 2000,
          keepMs: LONG_MS,
        }),
      { forgets: 'by age' },
    ))
})
