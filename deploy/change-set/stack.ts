import { setTimeout as sleep } from 'node:timers/promises'
import {
  type CloudFormationClient,
  DescribeStackEventsCommand,
  DescribeStackResourceCommand,
  DescribeStacksCommand,
  type Stack,
} from '@aws-sdk/client-cloudformation'

const PAUSE_MS = 5_000

/** State of a stack: `undefined` where there is none. */
export async function stackStatus(client: CloudFormationClient, stack: string): Promise<string | undefined> {
  return (await found(client, stack))?.StackStatus
}

/** Parameters of a stack by name; undefined where there is none. */
export async function stackParameters(client: CloudFormationClient, stack: string) {
  const given = (await found(client, stack))?.Parameters
  if (given === undefined) return undefined
  return Object.fromEntries(given.map(one => [one.ParameterKey!, one.ParameterValue]))
}

async function found(client: CloudFormationClient, stack: string): Promise<Stack | undefined> {
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: stack }))
    return Stacks[0]
  } catch (error) {
    if (error instanceof Error && /does not exist/.test(error.message)) return undefined
    throw error
  }
}

/**
 * Waits until a stack is done with what it does.
 *
 * @throws Error with each resource that failed, where the stack went back, or is not done in time
 */
export async function settle(client: CloudFormationClient, stack: string, atMostMs: number): Promise<void> {
  const until = Date.now() + atMostMs
  while (Date.now() < until) {
    const status = (await stackStatus(client, stack)) ?? 'not there'
    if (/^(CREATE|UPDATE)_COMPLETE$/.test(status)) return
    if (!status.endsWith('_IN_PROGRESS'))
      throw new Error(`stack ${stack}: ${status}\n${await failures(client, stack)}`)
    await sleep(Math.min(PAUSE_MS, atMostMs / 20))
  }
  throw new Error(`stack ${stack} is not done after ${Math.round(atMostMs / 60_000)} minutes; it goes on`)
}

/** Physical name of a resource. */
export async function physicalName(
  client: CloudFormationClient,
  StackName: string,
  LogicalResourceId: string,
): Promise<string> {
  const { StackResourceDetail } = await client.send(
    new DescribeStackResourceCommand({ StackName, LogicalResourceId }),
  )
  return StackResourceDetail!.PhysicalResourceId!
}

async function failures(client: CloudFormationClient, StackName: string): Promise<string> {
  const { StackEvents = [] } = await client.send(new DescribeStackEventsCommand({ StackName }))
  return StackEvents.filter(({ ResourceStatus = '' }) => ResourceStatus.endsWith('_FAILED'))
    .map(event => `  ${event.LogicalResourceId}: ${event.ResourceStatusReason ?? event.ResourceStatus}`)
    .join('\n')
}
