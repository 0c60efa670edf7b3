import { readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import {
  type CloudFormationClient,
  CreateStackCommand,
  DescribeStackEventsCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation'
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import type { Packaged } from './package.ts'

const STACK_MS = 180_000
const CAPABILITIES = ['CAPABILITY_IAM', 'CAPABILITY_NAMED_IAM'] as const

export type Clients = { readonly cloudformation: CloudFormationClient; readonly s3: S3Client }

/** Physical ids by logical id. */
export type Resources = Readonly<Record<string, string>>

/**
 * Deploys as `serverless deploy` does: the stack with its bucket, the archives, then the stack with
 * everything.
 *
 * @throws Error with every resource that could not be made, and why
 */
export async function deployService(
  clients: Clients,
  stack: string,
  { create, update, archives }: Packaged,
  parameters: Readonly<Record<string, string>>,
): Promise<Resources> {
  const { s3 } = clients
  const made = await createStack(clients, stack, create, {})
  const { ServerlessDeploymentBucket: Bucket } = made
  const put = async (Key: string, Body: string | Buffer) =>
    void (await s3.send(new PutObjectCommand({ Bucket, Key, Body })))
  for (const { key, file } of archives) await put(key, await readFile(file))
  await put('template.json', update)
  return updateService(clients, stack, made, parameters)
}

/** Deploys the template that is in the stack's bucket, with other parameters. */
export async function updateService(
  { cloudformation }: Pick<Clients, 'cloudformation'>,
  stack: string,
  { ServerlessDeploymentBucket: Bucket }: Resources,
  parameters: Readonly<Record<string, string>>,
): Promise<Resources> {
  const TemplateURL = `https://s3.amazonaws.com/${Bucket}/template.json`
  await cloudformation.send(new UpdateStackCommand({ ...target(stack, parameters), TemplateURL }))
  return settled(cloudformation, stack)
}

/** Makes a stack of a small template. */
export async function createStack(
  { cloudformation }: Pick<Clients, 'cloudformation'>,
  stack: string,
  TemplateBody: string,
  parameters: Readonly<Record<string, string>>,
): Promise<Resources> {
  await cloudformation.send(new CreateStackCommand({ ...target(stack, parameters), TemplateBody }))
  return settled(cloudformation, stack)
}

function target(StackName: string, parameters: Readonly<Record<string, string>>) {
  const Parameters = Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({
    ParameterKey,
    ParameterValue,
  }))
  return { StackName, Parameters, Capabilities: [...CAPABILITIES] }
}

/** The stack's resources, once it is complete. */
async function settled(client: CloudFormationClient, stack: string): Promise<Resources> {
  const StackName = stack
  for (const until = Date.now() + STACK_MS; Date.now() < until; await pause(100)) {
    const { Stacks: [found] = [] } = await client.send(new DescribeStacksCommand({ StackName }))
    const status = found?.StackStatus ?? 'not there'
    if (status.endsWith('IN_PROGRESS')) continue
    if (!/^(CREATE|UPDATE)_COMPLETE$/.test(status))
      throw new Error(`stack ${stack}: ${status}\n${await failures(client, stack)}`)
    const { StackResources = [] } = await client.send(new DescribeStackResourcesCommand({ StackName }))
    return Object.fromEntries(
      StackResources.map(({ LogicalResourceId, PhysicalResourceId }) => [
        LogicalResourceId!,
        PhysicalResourceId ?? '',
      ]),
    )
  }
  throw new Error(`stack ${stack} is not complete after ${STACK_MS} ms`)
}

async function failures(client: CloudFormationClient, stack: string): Promise<string> {
  const { StackEvents = [] } = await client.send(new DescribeStackEventsCommand({ StackName: stack }))
  return StackEvents.filter(event => event.ResourceStatus?.endsWith('FAILED'))
    .map(event => `${event.LogicalResourceId} (${event.ResourceType}): ${event.ResourceStatusReason}`)
    .join('\n')
}
