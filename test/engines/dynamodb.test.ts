import { DescribeTableCommand, DescribeTimeToLiveCommand } from '@aws-sdk/client-dynamodb'
import { expect, test } from 'vitest'
import { describeOnDynamodb, type TableKind } from './dynamodb.ts'

describeOnDynamodb('the double of DynamoDB', dynamodb => {
  test.each<[TableKind, string[]]>([
    ['real-time', ['pk', 'sk']],
    ['batch', ['pk', 'sk']],
    ['markers', ['pk']],
    ['control', ['pk', 'sk']],
  ])('makes a table of kind %s, on demand and with a time to live', async (kind, keys) => {
    const TableName = await dynamodb.createTable(kind)
    const { Table } = await dynamodb.client.send(new DescribeTableCommand({ TableName }))
    expect(Table).toMatchObject({
      TableStatus: 'ACTIVE',
      BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
    })
    expect(Table!.KeySchema!.map(({ AttributeName }) => AttributeName)).toEqual(keys)
    const ttl = await dynamodb.client.send(new DescribeTimeToLiveCommand({ TableName }))
    expect(ttl.TimeToLiveDescription).toEqual({ AttributeName: 'expires', TimeToLiveStatus: 'ENABLED' })
  })

  test('gives every table a name of its own', async () => {
    const names = await Promise.all([dynamodb.createTable('markers'), dynamodb.createTable('markers')])
    expect(new Set(names).size).toBe(2)
  })
})
