import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { afterAll, describe, test } from 'vitest'
import { installDynamodbLocal } from './dynamodb-local/install.ts'
import { type EmulatorProcess, startEmulator } from './dynamodb-local/process.ts'
import { createTable, type TableKind } from './dynamodb-local/tables.ts'

export type { TableKind } from './dynamodb-local/tables.ts'

/** AWS's own emulator of DynamoDB, running for one test file. */
export type DynamodbLocal = {
  readonly endpoint: string
  readonly client: DynamoDBClient
  /** Another client of the same emulator, for faults of its own; the kit ends it. */
  newClient(): DynamoDBClient
  /** Makes an empty table as the template has it and returns its name. */
  createTable(kind: TableKind): Promise<string>
}

/**
 * Describes behaviour on DynamoDBLocal, which runs while the suite does. Where the emulator cannot be had (no
 * Java, no Maven Central) the suite is skipped and says why.
 *
 * @example describeOnDynamodb('markers', dynamodb => test('…', async () => { await dynamodb.createTable('markers') }))
 */
export function describeOnDynamodb(title: string, body: (dynamodb: DynamodbLocal) => void): void {
  describe(title, async () => {
    const installed = await installDynamodbLocal()
    if ('reason' in installed) {
      console.warn(`skipped: ${title}: ${installed.reason}`)
      return test.skip(installed.reason)
    }
    const emulator = await startEmulator(installed.folder)
    const { dynamodb, dispose } = connectTo(emulator)
    afterAll(dispose)
    body(dynamodb)
  })
}

function connectTo(emulator: EmulatorProcess): { dynamodb: DynamodbLocal; dispose: () => Promise<void> } {
  const clients: DynamoDBClient[] = []
  const newClient = () => {
    const client = new DynamoDBClient({
      endpoint: emulator.endpoint,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      requestHandler: new NodeHttpHandler({ connectionTimeout: 2000, requestTimeout: 20_000 }),
      maxAttempts: 1,
    })
    clients.push(client)
    return client
  }
  const client = newClient()
  const dispose = async () => {
    for (const each of clients) each.destroy()
    await emulator.stop()
  }
  const dynamodb = {
    ...{ endpoint: emulator.endpoint, client, newClient },
    createTable: (kind: TableKind) => createTable(client, kind),
  }
  return { dynamodb, dispose }
}
