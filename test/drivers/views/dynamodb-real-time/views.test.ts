import { createDynamodbRealTimeViews } from '../../../../drivers/views/dynamodb-real-time/views.ts'
import { describeRealTimeViews } from '../../../contracts/views.ts'
import { describeOnDynamodb } from '../../../engines/dynamodb.ts'

describeOnDynamodb('real-time views on DynamoDB', dynamodb => {
  const layouts = {
    'with groups packed': { packTo: 1024, groups: 1000, spread: 3 },
    'with few groups to an item': { packTo: 1024, groups: 2, spread: 1 },
    'with an item a group': { packTo: 1024, groups: 1, spread: 2 },
  }
  for (const [name, layout] of Object.entries(layouts))
    describeRealTimeViews(`DynamoDB ${name}`, async shapes => {
      const table = await dynamodb.createTable('real-time')
      const options = { client: dynamodb.client, table, shapes, layoutOf: () => layout }
      return { views: createDynamodbRealTimeViews(options), dispose: async () => undefined }
    })
})
