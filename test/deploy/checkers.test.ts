import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { iam } from '../../deploy/check/iam.ts'
import { nag } from '../../deploy/check/nag.ts'
import type { Template } from '../../deploy/check/template.ts'

const withStatement = (Action: string, Resource: unknown, Effect = 'Allow'): Template => ({
  Resources: {
    Stream: { Type: 'AWS::Kinesis::Stream' },
    Bucket: { Type: 'AWS::S3::Bucket' },
    Policy: {
      Type: 'AWS::IAM::ManagedPolicy',
      Properties: { PolicyDocument: { Statement: [{ Effect, Action, Resource }] } },
    },
  },
})
const STREAM = { 'Fn::GetAtt': ['Stream', 'Arn'] }
const OBJECTS = { 'Fn::Sub': `\${Bucket.Arn}/raw/*` }

describe('the check of IAM actions', () => {
  it('lets pass an action on a resource it takes, and * where it takes none', async () => {
    expect(await iam(withStatement('kinesis:PutRecords', STREAM))).toEqual([])
    expect(await iam(withStatement('s3:GetObject', OBJECTS))).toEqual([])
    expect(await iam(withStatement('xray:PutTraceSegments', '*'))).toEqual([])
    expect(await iam(withStatement('s3:*', '*', 'Deny'))).toEqual([])
  })

  const wrong: readonly (readonly [string, string, unknown, string])[] = [
    ['an action that does not exist', 'kinesis:PutManyRecords', STREAM, 'there is no action'],
    ['a service that does not exist', 'kinetic:PutRecords', STREAM, 'there is no action'],
    ['a wildcard', 'kinesis:Put*', STREAM, 'has a wildcard'],
    ['* where the action takes a resource', 'kinesis:PutRecords', '*', 'takes a resource'],
    ['a resource of another service', 's3:GetObject', STREAM, 'does not take'],
    ['objects where the action takes the bucket', 's3:ListBucket', OBJECTS, 'does not take'],
    ['a resource where the action takes none', 'xray:PutTraceSegments', STREAM, 'takes no resource'],
  ]
  for (const [what, action, resource, problem] of wrong)
    it(`finds ${what}`, async () => {
      expect((await iam(withStatement(action, resource))).join()).toContain(problem)
    })
})

describe('the check by cdk-nag', () => {
  let folder: string
  const check = async (Metadata: object) => {
    const queue = { Type: 'AWS::SNS::Topic', Properties: {}, Metadata }
    const file = join(folder, 'template.json')
    await writeFile(file, JSON.stringify({ Resources: { Topic: queue } }))
    return nag(file).join('\n')
  }
  const suppress = (id: string, reason: string) => ({ cdk_nag: { rules_to_suppress: [{ id, reason }] } })

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tributary-nag-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('finds what the pack finds', async () => {
    expect(await check({})).toContain('Topic: AwsSolutions-SNS3')
  })

  it('takes a suppression with a reason, next to the resource', async () => {
    expect(await check(suppress('AwsSolutions-SNS3', 'A sample that nobody publishes to.'))).toBe('')
  })

  it('finds a suppression without a reason, and one of nothing', async () => {
    expect(await check(suppress('AwsSolutions-SNS3', 'ok'))).toContain('suppressed without a reason')
    expect(await check(suppress('AwsSolutions-S1', 'A sample that nobody publishes to.'))).toContain(
      'AwsSolutions-S1 is suppressed, but does not occur',
    )
  })
})
