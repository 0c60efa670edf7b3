import { expect, test } from 'vitest'
import { newPartitioning } from '../../../../core/event/partitioning.ts'
import { createDynamodbPartitioning } from '../../../../drivers/ledger/dynamodb/partitioning.ts'
import { createPartitions } from '../../../../steps/partitions.ts'
import { describeOnDynamodb } from '../../../engines/dynamodb.ts'

const HOUR = 3_600_000
const NOW = Date.UTC(2026, 0, 1, 10)

describeOnDynamodb('the partitions recorded in DynamoDB', dynamodb => {
  const open = async () => {
    const table = await dynamodb.createTable('control')
    return () => createDynamodbPartitioning({ client: dynamodb.client, table })
  }

  test('are replaced by one writer of those who have seen the same', async () => {
    const record = await open()
    expect(await record().read()).toBeUndefined()
    const first = newPartitioning(HOUR, 8)
    const writers = await Promise.all([1, 2, 3].map(() => record().replace(undefined, first)))
    expect(writers.toSorted()).toEqual([false, false, true])
    expect(await record().read()).toEqual({ version: 1, partitioning: first })
    expect(await record().replace(1, newPartitioning(HOUR, 9))).toBe(true)
    expect(await record().replace(1, newPartitioning(HOUR, 10))).toBe(false)
    expect(await record().read()).toEqual({ version: 2, partitioning: newPartitioning(HOUR, 9) })
  })

  test('are the same for all containers that start at once, each told another number', async () => {
    const record = await open()
    const container = (partitions: number, now: number) =>
      createPartitions({
        ...{ record: record(), partitions, epochLength: HOUR },
        ...{ now: () => now, onFewer: () => undefined },
      })
    const started = [3, 9, 5, 7].map(count => container(count, NOW))
    await Promise.all(started.map(each => each.ready()))
    const later = container(1, NOW + HOUR)
    await later.ready()
    expect(later.at(NOW + HOUR)).toMatchObject({ count: 9 })
    expect(new Set(started.map(each => each.at(NOW).first)).size).toBe(1)
  })
})
