import { randomBytes } from 'node:crypto'
import { PutItemCommand, QueryCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import { describe, expect, test } from 'vitest'
import type { CellKind } from '../../../../core/cells/cells.ts'
import type { Item } from '../../../../core/ports/views.ts'
import { storedSize } from '../../../../drivers/views/dynamodb-real-time/bucket.ts'
import { defaultLayout } from '../../../../drivers/views/dynamodb-real-time/layout.ts'
import {
  createDynamodbRealTimeViews,
  type DynamodbRealTimeOptions,
} from '../../../../drivers/views/dynamodb-real-time/views.ts'
import { ALL, cellsOf, HOUR, itemOf, METRIC, shapes } from '../../../contracts/views-kit.ts'
import { type Fault, injectFaults, type Request } from '../../../engines/dynamodb/faults.ts'
import { describeOnDynamodb } from '../../../engines/dynamodb.ts'

const PACKED = { packTo: 1024, groups: 1000, spread: 2 }
const group = (n: number) => `{"a":${n}}`
const manyItems = (count: number) =>
  Array.from({ length: count }, (_, n) => itemOf({ group: group(n), count: n + 1 }))
const puts = (items: readonly Item[]) => items.map(item => ({ item, expected: undefined }))
const later = (item: Item, count: number): Item => ({
  ...item,
  ...{ cells: cellsOf(count), position: itemOf({ record: 2 }).position },
})

describeOnDynamodb('real-time views on DynamoDB', dynamodb => {
  /**
   * Views whose requests meet with the faults that `decide` picks, and others on the same table whose do not.
   */
  async function open(
    decide: (request: Request) => Fault | undefined | Promise<Fault | undefined> = () => undefined,
    options: Partial<DynamodbRealTimeOptions> = {},
  ) {
    const table = await dynamodb.createTable('real-time')
    const client = dynamodb.newClient()
    injectFaults(client, decide)
    const all = { table, shapes, layoutOf: () => PACKED, ...options }
    return {
      table,
      views: createDynamodbRealTimeViews({ client, ...all }),
      others: createDynamodbRealTimeViews({ client: dynamodb.client, ...all }),
    }
  }
  /** The physical items of a table without its directory. */
  async function stored(TableName: string) {
    const { Items } = await dynamodb.client.send(new ScanCommand({ TableName, ConsistentRead: true }))
    return Items!.filter(({ pk }) => !pk!.S!.endsWith('|epochs'))
  }
  /** What storing an item as it is costs. */
  async function writeUnits(TableName: string, Item: Awaited<ReturnType<typeof stored>>[number]) {
    const put = new PutItemCommand({ TableName, Item, ReturnConsumedCapacity: 'TOTAL' })
    return (await dynamodb.client.send(put)).ConsumedCapacity!.CapacityUnits!
  }
  const every = (nth: number, fault: Fault) => {
    let requests = 0
    return () => (++requests % nth === 0 ? fault : undefined)
  }

  test('what a container writes to an epoch after another dropped all of it is found by every reader', async () => {
    const { views, others } = await open()
    const [before, after] = [itemOf({ count: 1 }), itemOf({ count: 2, group: group(1) })]
    await views.write(puts([before]))
    await others.drop(METRIC, 'all')
    await views.write(puts([after]))
    expect(await others.read([before, after])).toEqual([undefined, after])
    await others.drop(METRIC, 'all')
    expect(await views.read([after])).toEqual([undefined])
    expect(await others.query({ ...ALL, after: undefined })).toEqual([])
  })

  describe('under faults', () => {
    test.each<Fault>(['throttle', 'failure', 'partial', 'lost'])(
      'read and write everything though every other request meets with a %s',
      async fault => {
        const { views, others } = await open(every(2, fault))
        const items = manyItems(150)
        expect(await views.write(puts(items))).toEqual(items.map(() => true))
        expect(await views.read(items)).toEqual(items)
        expect(await others.read(items)).toEqual(items)
        const updates = items.map(item => ({ item: later(item, 7), expected: item.position }))
        expect(await views.write(updates)).toEqual(items.map(() => true))
        expect(new Set((await others.read(items)).map(item => item!.cells[0]))).toEqual(new Set([7]))
        await views.drop(METRIC, 0)
        expect(await others.query({ ...ALL, after: undefined })).toEqual([])
      },
      60_000,
    )

    test.each([
      ['throttle', 'overloaded'],
      ['failure', 'unavailable'],
      ['lost', 'timeout'],
    ] as const)('give up when the time is over, and a %s all along is told as %s', async (fault, code) => {
      const { views } = await open(() => fault, { timeoutMs: 300 })
      const began = Date.now()
      await expect(views.read([itemOf({})])).rejects.toMatchObject({ code, retryable: true })
      await expect(views.write(puts([itemOf({})]))).rejects.toMatchObject({ code, retryable: true })
      await expect(views.query({ ...ALL, after: undefined })).rejects.toMatchObject({ code })
      expect(Date.now() - began).toBeLessThan(3000)
    })

    test('give up when statements stay throttled though the calls succeed', async () => {
      const only = ({ command }: Request) =>
        command === 'BatchExecuteStatementCommand' ? ('partial' as const) : undefined
      const { views } = await open(only, { timeoutMs: 500 })
      await expect(views.write(puts([itemOf({})]))).rejects.toMatchObject({ code: 'overloaded' })
    })

    test('tell what to mend when the table is not there', async () => {
      const { views } = await open(undefined, { table: 'no-such-table' })
      await expect(views.read([itemOf({})])).rejects.toMatchObject({
        ...{ code: 'storage_failed', message: expect.stringContaining('no-such-table') },
      })
    })
  })

  describe('when the answer to a write is lost', () => {
    const isWrite = ({ command }: Request) => command === 'BatchExecuteStatementCommand'

    test('know their own write by its version and tell that it was made', async () => {
      let lost = 0
      const { views, others } = await open(request => (isWrite(request) && lost++ === 0 ? 'lost' : undefined))
      expect(await views.write(puts(manyItems(3)))).toEqual([true, true, true])
      expect(lost).toBe(2)
      expect(await others.read(manyItems(3))).toEqual(manyItems(3))
    })

    test('tell false when somebody has written after it, and the next read shows what is there', async () => {
      const item = itemOf({ count: 1 })
      let lost = false
      const { views, others } = await open(async request => {
        if (lost || !isWrite(request)) {
          // Before the request is repeated another writer goes on from what the first made.
          if (isWrite(request)) {
            const update = { item: later(item, 5), expected: item.position }
            expect(await others.write([update])).toEqual([true])
          }
          return undefined
        }
        lost = true
        return 'lost'
      })
      expect(await views.write(puts([item]))).toEqual([false])
      expect((await views.read([item]))[0]).toEqual(later(item, 5))
    })
  })

  describe('with several writers', () => {
    test.each([
      ['one item', PACKED],
      ['many levels of items', { ...PACKED, groups: 3 }],
    ])('store every group of %s though all of them write at once', async (_, layout) => {
      const { views: first, others: second } = await open(undefined, { layoutOf: () => layout })
      const items = manyItems(40)
      const results = await Promise.all(
        items.map((item, n) => (n % 2 === 0 ? first : second).write(puts([item]))),
      )
      expect(results.flat()).toEqual(items.map(() => true))
      expect(await second.write(puts(items))).toEqual(items.map(() => false))
      expect(await second.read(items)).toEqual(items)
      const found = await first.query({ ...ALL, after: undefined })
      expect(found.map(({ cells }) => cells[0]).sort()).toEqual(items.map(({ cells }) => cells[0]).sort())
    })

    test('let exactly one of those with the same expectation through, whatever its neighbours do', async () => {
      const { views, others } = await open()
      const items = manyItems(12)
      await views.write(puts(items))
      await others.read(items)
      for (let round = 0; round < 5; round++) {
        const before = await views.read(items)
        const update = (count: number) =>
          items.map((item, n) => ({
            item: { ...item, cells: cellsOf(count), position: itemOf({ record: 10 + round }).position },
            expected: before[n]!.position,
          }))
        const [mine, theirs] = await Promise.all([views.write(update(1)), others.write(update(2))])
        expect(mine.map((won, n) => Number(won) + Number(theirs[n]))).toEqual(items.map(() => 1))
        const after = await views.read(items)
        expect(after.map(item => item!.cells[0])).toEqual(mine.map(won => (won ? 1 : 2)))
      }
    })

    test('write on though what an earlier read left is out of date', async () => {
      const { views, others } = await open()
      const items = manyItems(5)
      await views.write(puts(items))
      await views.read(items)
      await others.write([{ item: later(items[0]!, 50), expected: items[0]!.position }])
      const updates = items.map(item => ({ item: later(item, 9), expected: item.position }))
      expect(await views.write(updates)).toEqual([false, true, true, true, true])
      await views.read(items)
      const third = { ...later(items[0]!, 60), position: itemOf({ record: 3 }).position }
      expect(await others.write([{ item: third, expected: later(items[0]!, 50).position }])).toEqual([true])
      const fourth = { ...third, position: itemOf({ record: 4 }).position }
      expect(await views.write([{ item: fourth, expected: third.position }])).toEqual([true])
    })

    test('keep to the layout that the first writer to an epoch gave it', async () => {
      const table = await dynamodb.createTable('real-time')
      const container = (layout: typeof PACKED) =>
        createDynamodbRealTimeViews({ client: dynamodb.client, table, shapes, layoutOf: () => layout })
      const [before, after] = [container(PACKED), container({ packTo: 200, groups: 1, spread: 7 })]
      const items = manyItems(20)
      await before.write(puts(items))
      expect(await after.write(puts(items))).toEqual(items.map(() => false))
      expect(await after.read(items)).toEqual(items)
      const next = { ...itemOf({ epoch: HOUR }) }
      await after.write(puts([next]))
      expect(await before.read([next])).toEqual([next])
    })
  })

  describe('in their items', () => {
    test('pack groups to a write unit', async () => {
      const { views, table } = await open()
      const items = manyItems(500)
      await views.write(puts(items))
      expect(await views.read(items)).toEqual(items)
      const all = await stored(table)
      expect(all.length).toBeLessThan(25)
      const sizes = await Promise.all(all.map(item => writeUnits(table, item)))
      expect(new Set(sizes)).toEqual(new Set([1]))
    })

    test('have the sizes that DynamoDB bills', async () => {
      const { table } = await open()
      const key = { pk: 'p'.repeat(40), sk: 's'.repeat(30) }
      const rest = { v: { S: 'v'.repeat(10) }, expires: { N: '1800000000' } }
      for (const length of [900, 915, 916, 917, 918, 919, 920, 921, 922, 1000]) {
        const e = { S: 'e'.repeat(length) }
        const units = await writeUnits(table, { pk: { S: key.pk }, sk: { S: key.sk }, e, ...rest })
        expect(units).toBe(Math.ceil(storedSize(key, e) / 1024))
      }
    })

    test('find what was written before, however many levels its window has by now', async () => {
      const { views, others } = await open(undefined, {
        layoutOf: () => ({ packTo: 1024, groups: 1, spread: 1 }),
      })
      const few = await open(undefined, { layoutOf: () => ({ packTo: 1024, groups: 3, spread: 1 }) })
      for (const [first, second] of [[views, others] as const, [few.views, few.others] as const]) {
        const items = manyItems(300)
        for (let n = 0; n < 300; n += 50) await first.write(puts(items.slice(n, n + 50)))
        expect(await second.read(items)).toEqual(items)
        expect(await second.write(puts(items))).toEqual(items.map(() => false))
        expect(await second.query({ ...ALL, after: undefined })).toHaveLength(300)
      }
    })

    test('never outgrow 400 KB: groups that come in one write go on to further items', async () => {
      const { views } = await open()
      const items = Array.from({ length: 8 }, () =>
        itemOf({ group: JSON.stringify({ a: randomBytes(100_000).toString('hex') }) }),
      )
      expect(await views.write(puts(items))).toEqual(items.map(() => true))
      expect(await views.read(items)).toEqual(items)
    })

    test('hold the sketches of several groups at their largest', async () => {
      const kinds: CellKind[] = ['count', 'registers', 'bins']
      const { views } = await open(undefined, {
        layoutOf: defaultLayout,
        shapes: () => ({ kinds, windowLength: 60_000 }),
      })
      const registers = Array.from({ length: 4096 }, (_, i) => [i, 1 + (i % 50)]).flat()
      const bins = Array.from({ length: 23_600 }, (_, i) => [i - 11_800, 1 + ((i * 7919) % 1000)]).flat()
      const items = manyItems(8).map(item => ({ ...item, cells: [1, registers, bins] }))
      const early = items.map(item => ({ ...item, cells: [1, [3, 1], [5, 1]] }))
      await views.write(puts(early))
      const grown = items.map(item => ({ ...item, position: itemOf({ record: 9 }).position }))
      expect(await views.write(grown.map((item, n) => ({ item, expected: early[n]!.position })))).toEqual(
        items.map(() => true),
      )
      expect(await views.read(items)).toEqual(grown)
    })

    test('refuse a group that no item can hold, and say so', async () => {
      const { views } = await open()
      const item = itemOf({ group: JSON.stringify({ a: randomBytes(450_000).toString('hex') }) })
      await expect(views.write(puts([item]))).rejects.toMatchObject({ code: 'too_large' })
    })

    test('are deleted a week after their directory entry, unless they are dropped before', async () => {
      const now = () => Date.UTC(2030, 0, 1)
      const { views, table } = await open(undefined, { now, keepDays: 30 })
      await views.write(puts([itemOf({})]))
      const { Items } = await dynamodb.client.send(
        new ScanCommand({ TableName: table, ConsistentRead: true }),
      )
      const days = Items!.map(({ expires }) => (Number(expires!.N) * 1000 - now()) / 86_400_000)
      expect(days.sort((a, b) => a - b)).toEqual([30, 37])
    })
  })

  describe('over many items', () => {
    test('read and drop what takes several pages', async () => {
      const { views, table } = await open(undefined, {
        layoutOf: () => ({ packTo: 1024, groups: 1, spread: 1 }),
      })
      const items = Array.from({ length: 60 }, (_, n) =>
        itemOf({ group: JSON.stringify({ n, a: randomBytes(25_000).toString('hex') }), window: n * HOUR }),
      )
      await views.write(puts(items))
      const all = await views.query({ ...ALL, after: undefined })
      expect(new Set(all.map(each => each.group))).toEqual(new Set(items.map(each => each.group)))
      const found = await views.epoch({
        metric: METRIC,
        epoch: 0,
        keys: items.slice(0, 3),
        findUnlisted: true,
      })
      expect([found.total, found.unlisted.length]).toEqual([60, 57])
      const pk = (await stored(table))[0]!['pk']!
      const first = await dynamodb.client.send(
        new QueryCommand({
          TableName: table,
          ConsistentRead: true,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': pk },
        }),
      )
      expect(first.LastEvaluatedKey).toBeDefined()
      await views.drop(METRIC, 0)
      const { Count } = await dynamodb.client.send(
        new ScanCommand({ TableName: table, ConsistentRead: true }),
      )
      expect(Count).toBe(0)
    })
  })
})
