import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Change,
  type CloudFormationClient,
  CreateChangeSetCommand,
  CreateStackCommand,
  DescribeChangeSetCommand,
  ExecuteChangeSetCommand,
} from '@aws-sdk/client-cloudformation'
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { changedForLife, type Parameters, unheard } from '../stage.ts'
import type { Package } from './read-package.ts'
import { physicalName, settle, stackParameters, stackStatus } from './stack.ts'

export type Clients = { readonly cloudformation: CloudFormationClient; readonly s3: S3Client }

const CAPABILITIES = ['CAPABILITY_IAM' as const, 'CAPABILITY_NAMED_IAM' as const]
const MAKE_MS = 600_000
/** Three functions are rolled out in two steps of at most half an hour each, beside all else. */
const EXECUTE_MS = 3 * 3_600_000
const PAUSE_MS = 2_000

/**
 * Makes a change set of a package, and changes nothing but the bucket of archives: a stage that is not there
 * yet gets it first, as the framework does. Parameters are those of the template, so that a stage is what its
 * commit says.
 *
 * @returns the changes, none where there is nothing to do
 * @throws Error with what the framework's own deployment refuses, too (deploy/stage.ts)
 */
export async function makeChangeSet(
  clients: Clients,
  pack: Package,
  name: string,
): Promise<readonly Change[]> {
  const { cloudformation, s3 } = clients
  const { stack, tags, archives, template, templateKey } = pack
  const refused = problemsOf(pack, await stackParameters(cloudformation, stack))
  if (refused.length > 0) throw new Error(refused.join('\n'))
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
  if ((await stackStatus(cloudformation, stack)) === undefined) {
    const first = { StackName: stack, TemplateBody: pack.bucketTemplate, Tags }
    await cloudformation.send(new CreateStackCommand(first))
    await settle(cloudformation, stack, MAKE_MS)
  }
  const Bucket = await physicalName(cloudformation, stack, 'ServerlessDeploymentBucket')
  for (const [Key, file] of archives)
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: await readFile(file) }))
  await s3.send(new PutObjectCommand({ Bucket, Key: templateKey, Body: template }))
  await cloudformation.send(
    new CreateChangeSetCommand({
      ...{ StackName: stack, ChangeSetName: name, Capabilities: CAPABILITIES, Tags },
      TemplateURL: `https://s3.amazonaws.com/${Bucket}/${templateKey}`,
    }),
  )
  return changesOf(cloudformation, stack, name)
}

/** What a stage cannot become, or has to be told first. */
function problemsOf({ tags, template }: Package, deployed: Parameters | undefined): readonly string[] {
  const { Parameters = {}, Resources } = JSON.parse(template) as {
    readonly Parameters?: Readonly<Record<string, { readonly Default?: unknown }>>
    readonly Resources: Readonly<Record<string, { readonly DeletionPolicy?: string }>>
  }
  const would = Object.fromEntries(Object.entries(Parameters).map(([name, { Default }]) => [name, Default]))
  const keepsData = (Resources['LakeBucket']?.DeletionPolicy ?? 'Delete') !== 'Delete'
  return [...changedForLife(deployed, would), ...[unheard(tags['Stage']!, keepsData, would) ?? []].flat()]
}

/** Waits for a change set to be made. @throws Error with the reason that it cannot be */
async function changesOf(client: CloudFormationClient, StackName: string, ChangeSetName: string) {
  for (const until = Date.now() + MAKE_MS; Date.now() < until; await sleep(PAUSE_MS)) {
    const changes: Change[] = []
    let page = await client.send(new DescribeChangeSetCommand({ StackName, ChangeSetName }))
    changes.push(...(page.Changes ?? []))
    while (page.NextToken !== undefined) {
      const { NextToken } = page
      page = await client.send(new DescribeChangeSetCommand({ StackName, ChangeSetName, NextToken }))
      changes.push(...(page.Changes ?? []))
    }
    const { Status = '', StatusReason = '' } = page
    if (Status === 'CREATE_COMPLETE') return changes
    if (Status !== 'FAILED') continue
    if (/didn't contain changes|no updates/i.test(StatusReason)) return []
    throw new Error(`change set ${ChangeSetName}: ${StatusReason}`)
  }
  throw new Error(`change set ${ChangeSetName} is not made after ${MAKE_MS / 60_000} minutes`)
}

/**
 * Does what a change set says, if anything, and waits. @throws Error with what failed, where the stack went
 * back
 */
export async function executeChangeSet(
  { cloudformation }: Pick<Clients, 'cloudformation'>,
  stack: string,
  ChangeSetName: string,
): Promise<void> {
  if ((await changesOf(cloudformation, stack, ChangeSetName)).length === 0) return
  await cloudformation.send(new ExecuteChangeSetCommand({ StackName: stack, ChangeSetName }))
  await settle(cloudformation, stack, EXECUTE_MS)
}

/** Changes as a table for people: what is replaced or removed first. */
export function describeChanges(changes: readonly Change[]): string {
  if (changes.length === 0) return 'Nothing changes.\n'
  const rows = changes.map(({ ResourceChange: change = {} }) => {
    const { Action = '', LogicalResourceId = '', ResourceType = '', Replacement } = change
    const action =
      Replacement === 'True' ? 'REPLACE' : Replacement === 'Conditional' ? 'Modify or REPLACE' : Action
    return `| ${action.replace('Remove', 'REMOVE')} | ${LogicalResourceId} | ${ResourceType} |`
  })
  const isGrave = (row: string) => (/REPLACE|REMOVE/.test(row) ? 0 : 1)
  rows.sort((a, b) => isGrave(a) - isGrave(b))
  return ['| change | resource | type |', '|---|---|---|', ...rows, ''].join('\n')
}
