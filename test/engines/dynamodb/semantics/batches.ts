import { codes, get, put, puts, run, transact, update } from './calls.ts'
import { failure, key, N, outcome, type Row, S } from './row.ts'

const STATEMENTS = 'BatchExecuteStatement and BatchStatementError, Amazon DynamoDB API reference'
const TRANSACTIONS = 'TransactWriteItems, Amazon DynamoDB API reference'
const INSERT = "INSERT INTO T VALUE {'pk': ?, 'sk': ?, 'v': ?}"
const UPDATE = 'UPDATE T SET v = ? SET n = ? WHERE pk = ? AND sk = ? AND v = ?'
const insert = (sk: string, v: string) => ({ Statement: INSERT, Parameters: [S('a'), S(sk), S(v)] })
const change = (sk: string, seen: string) => ({
  Statement: UPDATE,
  Parameters: [S('next'), N('1'), S('a'), S(sk), S(seen)],
  ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
})
const many = (count: number) => Array.from({ length: count }, (_, i) => key(String(i)))

/** Batches of writes, statements and transactions. */
export const batches: readonly Row[] = [
  {
    name: 'An INSERT of what is there is `DuplicateItem`, and the others of its batch go on',
    document: STATEMENTS,
    async observe(bench) {
      await put(bench, { ...key('1'), v: S('first') })
      const seen = await codes(bench, [insert('0', 'new'), insert('1', 'new'), insert('2', 'new')])
      return [seen, (await get(bench, key('1')))!['v'], (await get(bench, key('2')))!['v']]
    },
    gaps: { moto: 'fails on the batch' },
    expected: [['done', 'DuplicateItem', 'done'], S('first'), S('new')],
  },
  {
    name: 'An UPDATE changes what is as it was seen; other, or gone, is `ConditionalCheckFailed`',
    document: STATEMENTS,
    async observe(bench) {
      await puts(bench, [
        { ...key('1'), v: S('seen') },
        { ...key('2'), v: S('other') },
      ])
      const answers = await run(bench, [change('1', 'seen'), change('2', 'seen'), change('3', 'seen')])
      return [
        answers.map(({ Error: failed }) => failed?.Code ?? 'done'),
        answers[1]!.Error?.Item,
        await get(bench, key('1')),
        await get(bench, key('3')),
      ]
    },
    gaps: { moto: 'fails on SET twice' },
    expected: [
      ['done', 'ConditionalCheckFailed', 'ConditionalCheckFailed'],
      ...[{ ...key('2'), v: S('other') }, { ...key('1'), v: S('next'), n: N('1') }, undefined],
    ],
  },
  {
    name: 'A batch has up to 25 writes or statements, and each item once',
    document: 'BatchWriteItem and BatchExecuteStatement, Amazon DynamoDB API reference',
    async observe(bench) {
      return [
        await outcome(puts(bench, many(25))),
        await outcome(puts(bench, many(26))),
        await outcome(puts(bench, [key('1'), key('1')])),
        await outcome(
          run(
            bench,
            Array.from({ length: 26 }, (_, i) => insert(`s${i}`, 'v')),
          ),
        ),
      ]
    },
    gaps: { moto: 'takes more writes, and fails on more statements' },
    expected: ['done', 'ValidationException', 'ValidationException', 'ValidationException'],
  },
  {
    name: 'A cancelled transaction writes nothing, and tells what was in the way of each action by its place',
    document: TRANSACTIONS,
    async observe(bench) {
      const TableName = bench.table
      await put(bench, key('1'))
      const condition = { ConditionExpression: 'attribute_not_exists(pk)' }
      const actions = ['0', '1', '2'].map(sk => ({ Put: { TableName, Item: key(sk), ...condition } }))
      const { name, CancellationReasons } = await failure(transact(bench, actions))
      return [name, CancellationReasons?.map(({ Code }) => Code), await get(bench, key('0'))]
    },
    expected: ['TransactionCanceledException', ['None', 'ConditionalCheckFailed', 'None'], undefined],
  },
  {
    name: 'A transaction has an item once',
    document: TRANSACTIONS,
    observe: bench =>
      outcome(
        transact(
          bench,
          [1, 2].map(() => ({ Put: { TableName: bench.table, Item: key('1') } })),
        ),
      ),
    expected: 'ValidationException',
  },
  {
    name: 'A throttled write is an error by itself, unprocessed in a batch, and a code of its statement',
    document: 'Error handling with DynamoDB, DynamoDB developer guide; BatchWriteItem, API reference',
    async observe(bench) {
      bench.throttle(({ key: place }) => place.includes('"1"'))
      const batch = await puts(bench, [key('0'), key('1')])
      const all = await outcome(puts(bench, [key('1')]))
      const single = await outcome(put(bench, key('1')))
      const statements = await codes(bench, [insert('1', 'v'), insert('2', 'v')])
      bench.throttle(() => false)
      return [batch.UnprocessedItems?.[bench.table], all, single, statements, await get(bench, key('1'))]
    },
    expected: [
      [{ PutRequest: { Item: key('1') } }],
      ...['ProvisionedThroughputExceededException', 'ProvisionedThroughputExceededException'],
      ['ProvisionedThroughputExceeded', 'done'],
      undefined,
    ],
    gaps: { moto: 'nothing is ever throttled', MiniStack: 'nothing is ever throttled' },
  },
  {
    name: 'A write takes a unit a KB begun of the larger item; a read one for 4 KB, half where it is not consistent',
    document: 'DynamoDB read and write operations, DynamoDB developer guide',
    async observe(bench) {
      const wanted = { ReturnConsumedCapacity: 'TOTAL' } as const
      const long = { ...key('1'), v: S('x'.repeat(1500)) }
      const first = await put(bench, long, wanted)
      const over = await put(bench, key('1'), wanted)
      const grown = await update(bench, key('1'), {
        ...wanted,
        UpdateExpression: 'SET v = :v',
        ExpressionAttributeValues: { ':v': S('x') },
      })
      return [first, over, grown].map(({ ConsumedCapacity }) => ConsumedCapacity?.CapacityUnits)
    },
    gaps: { moto: 'gives other figures' },
    expected: [2, 2, 1],
  },
]
