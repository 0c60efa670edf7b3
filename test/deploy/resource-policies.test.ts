import { describe, expect, it } from 'vitest'
import { denials, unknownTypes } from '../../deploy/check/denials.ts'
import { keyPolicies } from '../../deploy/check/key-policies.ts'
import type { Template, TemplateResource } from '../../deploy/check/template.ts'

const ACCOUNT = { AWS: { 'Fn::Sub': `arn:\${AWS::Partition}:iam::\${AWS::AccountId}:root` } }
const MANAGE = [
  ...['DescribeKey', 'DisableKey', 'DisableKeyRotation', 'EnableKey', 'EnableKeyRotation', 'GetKeyPolicy'],
  ...['GetKeyRotationStatus', 'ListResourceTags', 'PutKeyPolicy', 'ScheduleKeyDeletion', 'TagResource'],
  ...['UntagResource', 'UpdateKeyDescription'],
]
const allow = (Principal: unknown, names: readonly string[], more: object = {}) => ({
  ...{ Effect: 'Allow', Principal, Resource: '*', Action: names.map(name => `kms:${name}`), ...more },
})
const key = (...statements: readonly object[]): TemplateResource => ({
  Type: 'AWS::KMS::Key',
  Properties: { KeyPolicy: { Statement: statements } },
})
const withKey = (policy: TemplateResource, others: Template['Resources'] = {}): Template => ({
  Resources: { Key: policy, ...others },
})
const ALIAS = { Type: 'AWS::KMS::Alias', Properties: { TargetKeyId: { Ref: 'Key' } } }
const KEY_ARN = { 'Fn::GetAtt': ['Key', 'Arn'] }

describe('the check of key policies', () => {
  it('lets pass a key that hands on what its resources need, by name or by a wildcard', async () => {
    const listed = allow(ACCOUNT, [...MANAGE, 'CreateAlias', 'UpdateAlias', 'DeleteAlias'])
    expect(await keyPolicies(withKey(key(listed), { Alias: ALIAS }))).toEqual([])
    expect(await keyPolicies(withKey(key(allow(ACCOUNT, ['*'])), { Alias: ALIAS }))).toEqual([])
  })

  it('finds the alias that nobody may make, change or delete', async () => {
    const found = await keyPolicies(withKey(key(allow(ACCOUNT, MANAGE)), { Alias: ALIAS }))
    expect(found.map(text => /kms:\w+/.exec(text)?.[0])).toEqual([
      ...['kms:CreateAlias', 'kms:DeleteAlias', 'kms:UpdateAlias'],
    ])
    expect(found[0]).toContain('Alias: needs kms:CreateAlias of Key')
  })

  it('does not count what is handed on under a condition, or to a service only', async () => {
    const names = ['CreateAlias', 'UpdateAlias', 'DeleteAlias']
    const sometimes = allow(ACCOUNT, names, { Condition: { StringEquals: { 'kms:ViaService': 'x' } } })
    const others = allow({ Service: 'cloudwatch.amazonaws.com' }, names)
    const template = withKey(key(allow(ACCOUNT, MANAGE), sometimes, others), { Alias: ALIAS })
    expect(await keyPolicies(template)).toHaveLength(3)
  })

  it('finds what a warehouse needs of the key of its data', async () => {
    const warehouse = { Type: 'AWS::RedshiftServerless::Namespace', Properties: { KmsKeyId: { Ref: 'Key' } } }
    const found = (await keyPolicies(withKey(key(allow(ACCOUNT, MANAGE)), { Warehouse: warehouse }))).join(
      '\n',
    )
    expect(found).toContain('Warehouse: needs kms:CreateGrant of Key')
    expect(found).toContain('Warehouse: needs kms:GenerateDataKeyPair of Key')
  })

  it('finds a right of a role that the key does not hand on', async () => {
    const Statement = [{ Effect: 'Allow', Action: ['kms:Decrypt', 's3:GetObject'], Resource: KEY_ARN }]
    const role = { Type: 'AWS::IAM::Role', Properties: { Policies: [{ PolicyDocument: { Statement } }] } }
    expect(await keyPolicies(withKey(key(allow(ACCOUNT, MANAGE)), { Role: role }))).toEqual([
      'Role, statement 1: needs kms:Decrypt of Key, whose policy does not hand it to the account',
    ])
  })

  it('finds a log group whose service may not use the key', async () => {
    const log = { Type: 'AWS::Logs::LogGroup', Properties: { KmsKeyId: KEY_ARN } }
    const found = await keyPolicies(withKey(key(allow(ACCOUNT, MANAGE)), { Log: log }))
    expect(found.join('\n')).toContain('needs kms:GenerateDataKey of Key')
  })

  it('knows of a key without a policy that it hands on everything', async () => {
    expect(await keyPolicies(withKey({ Type: 'AWS::KMS::Key', Properties: {} }, { Alias: ALIAS }))).toEqual(
      [],
    )
  })
})

describe('the check of denials', () => {
  const bucketWith = (statement: object): Template => ({
    Resources: {
      Bucket: { Type: 'AWS::S3::Bucket' },
      Policy: {
        Type: 'AWS::S3::BucketPolicy',
        Properties: { PolicyDocument: { Statement: [{ Effect: 'Deny', Principal: '*', ...statement }] } },
      },
    },
  })

  it('lets pass a denial of calls without TLS', () => {
    const Condition = { Bool: { 'aws:SecureTransport': 'false' } }
    expect(denials(bucketWith({ Action: 's3:*', Condition }))).toEqual([])
  })

  it('finds a denial of what changing or deleting needs, listed or left over', () => {
    expect(denials(bucketWith({ Action: 's3:DeleteBucket*' })).join('\n')).toContain(
      'denies s3:DeleteBucketPolicy',
    )
    expect(denials(bucketWith({ NotAction: 's3:GetObject' })).join('\n')).toContain(
      'denies s3:PutBucketPolicy',
    )
  })
})

describe('a type whose needs are not known', () => {
  it('is named, so that it is looked up', () => {
    expect(unknownTypes({ Resources: { Cache: { Type: 'AWS::ElastiCache::User' } } }).join()).toMatch(
      /AWS::ElastiCache::User: its needs are not known/,
    )
  })
})
