import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { connect, type Dynamodb } from '../dynamodb.ts'
import { installMinistack } from '../ministack/install.ts'
import { startMinistack } from '../ministack/process.ts'
import { startMoto } from '../moto/start.ts'

/** The open emulators that the double is checked against. */
export const EMULATORS = ['moto', 'MiniStack'] as const
export type Emulator = (typeof EMULATORS)[number]

type Started = { readonly endpoint: string; stop(): Promise<void> } | { readonly reason: string }

const START: Readonly<Record<Emulator, () => Promise<Started>>> = {
  moto: startMoto,
  async MiniStack() {
    const installed = await installMinistack()
    return 'reason' in installed ? installed : startMinistack(installed.python, { services: ['dynamodb'] })
  },
}

/** DynamoDB on an emulator, or why it cannot be had here. */
export async function openEmulator(
  emulator: Emulator,
): Promise<(Dynamodb & { dispose(): Promise<void> }) | { readonly reason: string }> {
  const started = await START[emulator]()
  if ('reason' in started) return started
  const { dynamodb, dispose } = connect(() => clientOf(started.endpoint))
  return {
    ...dynamodb,
    async dispose() {
      dispose()
      await started.stop()
    },
  }
}

function clientOf(endpoint: string): DynamoDBClient {
  return new DynamoDBClient({
    endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    requestHandler: new NodeHttpHandler({ connectionTimeout: 2_000, requestTimeout: 20_000 }),
    maxAttempts: 1,
  })
}
