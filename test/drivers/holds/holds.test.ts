import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open } from 'lmdb'
import { createDynamodbHolds } from '../../../drivers/holds/dynamodb.ts'
import { openLmdbHolds } from '../../../drivers/holds/lmdb.ts'
import { describeHolds } from '../../contracts/holds.ts'
import { describeOnDynamodb } from '../../engines/dynamodb.ts'

describeHolds('LMDB', async () => {
  const path = await mkdtemp(join(tmpdir(), 'holds-'))
  const root = open({ path, maxDbs: 8 })
  return {
    holds: openLmdbHolds(root),
    dispose: async () => {
      await root.close()
      await rm(path, { recursive: true })
    },
  }
})

describeOnDynamodb('DynamoDB', dynamodb => {
  describeHolds('DynamoDB', async () => {
    const table = await dynamodb.createTable('batch')
    return { holds: createDynamodbHolds({ client: dynamodb.client, table }), dispose: async () => {} }
  })
})
