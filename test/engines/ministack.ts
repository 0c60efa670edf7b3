import { NodeHttpHandler } from '@smithy/node-http-handler'
import { afterAll, describe, test } from 'vitest'
import { installMinistack } from './ministack/install.ts'
import { type MinistackProcess, startMinistack } from './ministack/process.ts'

/** MiniStack, an emulator of AWS services, running for one test file. */
export type Ministack = {
  readonly endpoint: string
  /**
   * What a client of the emulator is made with. HTTP/1.1: the emulator does not speak the HTTP/2 that
   * `KinesisClient` prefers. One attempt: repeating is the drivers' business.
   */
  settings(): {
    readonly endpoint: string
    readonly region: string
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
    readonly requestHandler: NodeHttpHandler
    readonly maxAttempts: number
    readonly forcePathStyle: boolean
  }
  /** A name of its own for a stream, bucket or table. */
  name(kind: string): string
}

export const ACCOUNT = '000000000000'
export const REGION = 'eu-central-1'

/**
 * Describes behaviour on MiniStack, which runs while the suite does. Where it cannot be had (no python3, no
 * PyPI) the suite is skipped and says why.
 *
 * @example describeOnMinistack('objects', ['s3'], ministack => test('…', async () => new S3Client(ministack.settings())))
 */
export function describeOnMinistack(
  title: string,
  services: readonly string[],
  body: (ministack: Ministack) => void,
): void {
  describe(title, async () => {
    const installed = await installMinistack()
    if ('reason' in installed) {
      console.warn(`skipped: ${title}: ${installed.reason}`)
      return test.skip(installed.reason)
    }
    const emulator = await startMinistack(installed.python, { services })
    afterAll(() => emulator.stop())
    body(connectTo(emulator))
  })
}

function connectTo({ endpoint }: MinistackProcess): Ministack {
  let names = 0
  return {
    endpoint,
    settings: () => ({
      endpoint,
      region: REGION,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      requestHandler: new NodeHttpHandler({ connectionTimeout: 2_000, requestTimeout: 20_000 }),
      maxAttempts: 1,
      forcePathStyle: true,
    }),
    name: kind => `${kind}-${++names}`,
  }
}
