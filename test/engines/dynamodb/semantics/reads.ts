import { BatchGetItemCommand, DeleteItemCommand } from '@aws-sdk/client-dynamodb'
import { found, get, put, puts, query } from './calls.ts'
import { key, outcome, type Row, S } from './row.ts'

const QUERY = 'Query, Amazon DynamoDB API reference'
const a = { ':pk': S('a') }

/** Reads of one item, of many, and of a range. */
export const reads: readonly Row[] = [
  {
    name: 'A query takes one partition in the order of the bytes of its sort keys, and the other way',
    document: QUERY,
    async observe(bench) {
      await puts(
        bench,
        ['b', 'B', 'é', 'a1', 'a', '10', '9'].map(sk => key(sk)),
      )
      await put(bench, key('z', 'other'))
      return [
        await found(bench, 'pk = :pk', a),
        await found(bench, 'pk = :pk', a, { ScanIndexForward: false, Limit: 2 }),
        await found(bench, 'pk = :pk AND begins_with(sk, :b)', { ...a, ':b': S('a') }),
        await found(bench, 'pk = :pk AND sk BETWEEN :b AND :c', { ...a, ':b': S('9'), ':c': S('a') }),
        await found(bench, 'pk = :pk AND sk > :b', { ...a, ':b': S('b') }),
      ]
    },
    expected: [['10', '9', 'B', 'a', 'a1', 'b', 'é'], ['é', 'b'], ['a', 'a1'], ['9', 'B', 'a'], ['é']],
  },
  {
    name: 'A page of a query ends at 1 MB, and pages together give every item once',
    document: QUERY,
    async observe(bench) {
      const long = S('x'.repeat(100_000))
      for (const tens of [0, 10, 20])
        await puts(
          bench,
          Array.from({ length: 10 }, (_, i) => ({ ...key(String(10 + tens + i)), long })),
        )
      const pages: number[] = []
      const all = new Set<string>()
      let ExclusiveStartKey: ReturnType<typeof key> | undefined
      do {
        const page = await query(bench, 'pk = :pk', a, ExclusiveStartKey && { ExclusiveStartKey })
        pages.push(page.Items!.length)
        for (const { sk } of page.Items!) all.add(sk!.S!)
        ExclusiveStartKey = page.LastEvaluatedKey as typeof ExclusiveStartKey
      } while (ExclusiveStartKey !== undefined)
      return [Math.max(...pages) <= 11, pages.length >= 3, all.size]
    },
    expected: [true, true, 30],
  },
  {
    name: 'A page that ends at its limit says that more may follow, also where none does',
    document: QUERY,
    async observe(bench) {
      await puts(bench, [key('1'), key('2')])
      const page = await query(bench, 'pk = :pk', a, { Limit: 2 })
      return [page.Count, page.LastEvaluatedKey]
    },
    gaps: { moto: 'says so only where more follows' },
    expected: [2, key('2')],
  },
  {
    name: 'A query goes on after an item that is gone by then',
    document: QUERY,
    async observe(bench) {
      await puts(bench, [key('1'), key('2'), key('3')])
      await bench.client.send(new DeleteItemCommand({ TableName: bench.table, Key: key('2') }))
      return [
        await found(bench, 'pk = :pk', a, { ExclusiveStartKey: key('2') }),
        await found(bench, 'pk = :pk', a, { ExclusiveStartKey: key('2'), ScanIndexForward: false }),
      ]
    },
    expected: [['3'], ['1']],
  },
  {
    name: 'A read that is not consistent may not show what was just written; one that is does',
    document: 'DynamoDB read consistency, DynamoDB developer guide',
    async observe(bench) {
      await put(bench, key('1'))
      return [await get(bench, key('1'), false), await get(bench, key('1'))]
    },
    expected: [undefined, key('1')],
    gaps: { moto: 'every read is consistent', MiniStack: 'every read is consistent' },
  },
  {
    name: 'A batch of reads gives what is there of up to 100 keys, each once',
    document: 'BatchGetItem, Amazon DynamoDB API reference',
    async observe(bench) {
      await put(bench, key('1'))
      const read = async (Keys: ReturnType<typeof key>[]) =>
        bench.client.send(
          new BatchGetItemCommand({ RequestItems: { [bench.table]: { Keys, ConsistentRead: true } } }),
        )
      const many = (count: number) => Array.from({ length: count }, (_, i) => key(String(i)))
      const { Responses } = await read(many(100))
      return [
        Responses![bench.table],
        await outcome(read(many(101))),
        await outcome(read([key('1'), key('1')])),
      ]
    },
    expected: [[key('1')], 'ValidationException', 'ValidationException'],
  },
]
