import { openSync } from 'node:fs'
import process from 'node:process'
import { CloudFormationClient } from '@aws-sdk/client-cloudformation'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { S3Client } from '@aws-sdk/client-s3'
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { startMinistack } from '../../engines/ministack/process.ts'
import { createApi } from './api.ts'
import { createStack, deployService, updateService } from './deploy.ts'
import { GAPS } from './gaps.ts'
import { ownDisks } from './own-disk.ts'
import { packageService } from './package.ts'

export const REGION = 'eu-central-1'
const STAGE = 'e2e'
export const KEYS = { write: 'write-key', read: 'read-key', admin: 'admin-key' }

/**
 * The stack's own parameters, nothing that only a test could set: epochs and buffers as short as they go, and
 * few partitions, since the emulator makes an object of every record.
 */
const PARAMETERS = {
  Epoch: '1m',
  Partitions: '2',
  DeliveryBuffer: '1',
  Freshness: '0',
  Warehouse: 'false',
  Heavy: 'false',
  MetricMath: 'false',
}

type StackParameters = Readonly<Record<string, string>>

/** Settings of a client of the emulator. */
const settingsOf = (endpoint: string) => ({
  endpoint,
  region: REGION,
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  requestHandler: new NodeHttpHandler({ connectionTimeout: 2_000, requestTimeout: 30_000 }),
  forcePathStyle: true,
})

export type Emulated = Awaited<ReturnType<typeof startEmulator>>

/**
 * Starts MiniStack with IAM and TLS enforced, so every call of a function needs what its role allows and
 * buckets refuse plain HTTP. What the emulator does otherwise than AWS: README.md in this folder.
 *
 * `E2E_LOG` names a file for the emulator's log with what the functions print.
 */
export async function startEmulator(python: string) {
  const log = process.env['E2E_LOG']
  const disks = await ownDisks()
  const emulator = await startMinistack(python, {
    services: [],
    tls: true,
    env: { AUTH: 'true', PATH: disks.path, LOG_LEVEL: log === undefined ? 'ERROR' : 'INFO' },
    ...(log !== undefined && { log: openSync(log, 'w') }),
  })
  return {
    ...{ endpoint: emulator.endpoint, certificate: emulator.certificate! },
    settings: settingsOf(emulator.endpoint),
    async stop() {
      await emulator.stop()
      await disks.remove()
    },
  }
}

/** A stage as deployed: its HTTP API, its lake, its functions. */
export type Stage = Awaited<ReturnType<typeof deployStage>>

/**
 * Packages the service, and deploys it to the emulator.
 *
 * @param more stack parameters, beside those that every stage has here
 */
export async function deployStage({ endpoint, settings }: Emulated, more: StackParameters = {}) {
  const s3 = new S3Client(settings)
  const clients = { cloudformation: new CloudFormationClient(settings), s3 }
  const stack = `tributary-${STAGE}`
  const packaged = await packageService(STAGE)
  const resources = await deployService(clients, stack, packaged, { ...PARAMETERS, ...more })
  const roles = { Speed: resources['SpeedRole']!, Replay: resources['ReplayRole']! }
  await createStack(clients, `${stack}-gaps`, GAPS, roles)
  const secret = { SecretId: resources['ApiKeys']!, SecretString: JSON.stringify(KEYS) }
  await new SecretsManagerClient(settings).send(new PutSecretValueCommand(secret))
  const url = `${endpoint}/_aws/execute-api/${resources['HttpApi']}/$default`
  const lambda = new LambdaClient(settings)
  /** What a function answers to an event, as its timer or an operator calls it. */
  const invoke = async (name: string, event: object): Promise<unknown> => {
    const call = { FunctionName: `${stack}-${name}`, Payload: JSON.stringify(event) }
    const { Payload, FunctionError } = await lambda.send(new InvokeCommand(call))
    const text = Buffer.from(Payload ?? '').toString()
    if (FunctionError !== undefined) throw new Error(`${name}: ${text}`)
    return JSON.parse(text)
  }
  const api = createApi(url, KEYS)
  const { update: template } = packaged
  /** Deploys the same package again, without parameters of its own. */
  const redeploy = async () => void (await updateService(clients, stack, resources, PARAMETERS))
  return { stack, url, api, s3, lake: resources['LakeBucket']!, resources, template, invoke, redeploy }
}

/** The platform as deployed to an emulator of its own. */
export type Deployed = Awaited<ReturnType<typeof startDeployed>>

/** Starts an emulator, and deploys the packaged service to it. */
export async function startDeployed(python: string, more?: StackParameters) {
  const emulator = await startEmulator(python)
  try {
    return { ...(await deployStage(emulator, more)), emulator, stop: emulator.stop }
  } catch (error) {
    await emulator.stop()
    throw error
  }
}
