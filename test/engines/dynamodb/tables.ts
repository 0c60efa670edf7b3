import {
  CreateTableCommand,
  type CreateTableCommandInput,
  type DynamoDBClient,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb'

/** The tables of the platform. */
export type TableKind = 'real-time' | 'batch' | 'markers' | 'control'

type Keys = Pick<CreateTableCommandInput, 'KeySchema' | 'AttributeDefinitions'>

const BY_PK: Keys = {
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
}
const BY_PK_AND_SK: Keys = {
  KeySchema: [...BY_PK.KeySchema!, { AttributeName: 'sk', KeyType: 'RANGE' }],
  AttributeDefinitions: [...BY_PK.AttributeDefinitions!, { AttributeName: 'sk', AttributeType: 'S' }],
}

const KEYS: Readonly<Record<TableKind, Keys>> = {
  'real-time': BY_PK_AND_SK,
  batch: BY_PK_AND_SK,
  markers: BY_PK,
  control: BY_PK_AND_SK,
}

let made = 0

/** Makes a table of a kind, as the template has it, under a name of its own; returns the name. */
export async function createTable(client: DynamoDBClient, kind: TableKind): Promise<string> {
  const name = `${kind}-${++made}`
  await client.send(
    new CreateTableCommand({ TableName: name, BillingMode: 'PAY_PER_REQUEST', ...KEYS[kind] }),
  )
  const ttl = { AttributeName: 'expires', Enabled: true }
  await client.send(new UpdateTimeToLiveCommand({ TableName: name, TimeToLiveSpecification: ttl }))
  return name
}
