import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { afterAll, describe } from 'vitest'
import { createDynamodbDouble, type DynamodbDouble } from './dynamodb/engine.ts'
import { createRequestHandler } from './dynamodb/handler.ts'
import { createTable, type TableKind } from './dynamodb/tables.ts'

export type { TableKind } from './dynamodb/tables.ts'

/** DynamoDB for one test file: the double in memory, or an emulator. */
export type Dynamodb = {
  readonly client: DynamoDBClient
  /** Another client of the same tables, for faults of its own; the kit ends it. */
  newClient(): DynamoDBClient
  /** Makes an empty table as the template has it and returns its name. */
  createTable(kind: TableKind): Promise<string>
}

/**
 * Describes behaviour on the double of DynamoDB. Which of it emulators show too:
 * test/engines/dynamodb/semantics.
 */
export function describeOnDynamodb(
  title: string,
  body: (dynamodb: Dynamodb & { readonly double: DynamodbDouble }) => void,
): void {
  describe(title, () => {
    const double = createDynamodbDouble()
    const { dynamodb, dispose } = connect(() => doubleClient(double))
    afterAll(dispose)
    body({ ...dynamodb, double })
  })
}

/** A client of a double. One attempt: repeating is the drivers' business. */
export function doubleClient(double: DynamodbDouble): DynamoDBClient {
  return new DynamoDBClient({
    endpoint: 'http://dynamodb.test',
    region: 'eu-central-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    requestHandler: createRequestHandler(double) as never,
    maxAttempts: 1,
  })
}

export function connect(makeClient: () => DynamoDBClient): { dynamodb: Dynamodb; dispose: () => void } {
  const clients: DynamoDBClient[] = []
  const newClient = () => {
    const client = makeClient()
    clients.push(client)
    return client
  }
  const client = newClient()
  return {
    dynamodb: { client, newClient, createTable: kind => createTable(client, kind) },
    dispose() {
      for (const each of clients) each.destroy()
    },
  }
}
