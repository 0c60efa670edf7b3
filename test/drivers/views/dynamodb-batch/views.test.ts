import { createDynamodbBatchViews } from '../../../../drivers/views/dynamodb-batch/views.ts'
import { describeBatchViews } from '../../../contracts/views.ts'
import { describeOnDynamodb } from '../../../engines/dynamodb.ts'

describeOnDynamodb('batch views on DynamoDB', dynamodb => {
  describeBatchViews('DynamoDB', async shapes => {
    const table = await dynamodb.createTable('batch')
    return {
      views: createDynamodbBatchViews({ client: dynamodb.client, table, shapes }),
      dispose: async () => undefined,
    }
  })
})
