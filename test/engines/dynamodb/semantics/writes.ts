import { get, put, update } from './calls.ts'
import { failure, key, N, outcome, type Row, S } from './row.ts'

const CONDITIONS = 'Condition and filter expressions, DynamoDB developer guide'
const UPDATES = 'Update expressions, DynamoDB developer guide'
const absent = { ConditionExpression: 'attribute_not_exists(pk)' }

/** Conditions and updates. */
export const writes: readonly Row[] = [
  {
    name: 'A condition that does not hold fails the write, and shows the item in its way where that is asked for',
    document: 'PutItem, Amazon DynamoDB API reference',
    async observe(bench) {
      const item = { ...key('1'), v: S('first') }
      await put(bench, item, absent)
      const shown = { ...absent, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const
      const [plain, told] = [
        await failure(put(bench, key('1'), absent)),
        await failure(put(bench, key('1'), shown)),
      ]
      return [plain.name, plain.Item, told.name, told.Item]
    },
    expected: [
      ...['ConditionalCheckFailedException', undefined, 'ConditionalCheckFailedException'],
      { ...key('1'), v: S('first') },
    ],
  },
  {
    name: 'A condition compares numbers by value, and values of two types never',
    document: CONDITIONS,
    async observe(bench) {
      await put(bench, { ...key('1'), n: N('9') })
      const when = (text: string, value: object) =>
        outcome(
          put(
            bench,
            { ...key('1'), n: N('9') },
            { ConditionExpression: text, ExpressionAttributeValues: { ':v': value as never } },
          ),
        )
      return [
        await when('n < :v', N('10')),
        await when('n < :v', S('a')),
        await when('n <> :v', S('9')),
        await when('beside < :v', N('10')),
        await when('attribute_not_exists(beside) OR beside <= :v', N('1')),
        await when('NOT (n = :v)', N('9.0')),
      ]
    },
    gaps: { moto: 'fails on a comparison of two types' },
    expected: [
      ...['done', 'ConditionalCheckFailedException', 'done', 'ConditionalCheckFailedException', 'done'],
      'ConditionalCheckFailedException',
    ],
  },
  {
    name: 'An update makes an item that is not there, adds to numbers, and never changes a key',
    document: 'UpdateItem, Amazon DynamoDB API reference',
    async observe(bench) {
      const add = {
        UpdateExpression: 'SET v = :v ADD n :one',
        ExpressionAttributeValues: { ':v': S('x'), ':one': N('1') },
      }
      for (const _ of [1, 2]) await update(bench, key('1'), add)
      const change = { UpdateExpression: 'SET sk = :v', ExpressionAttributeValues: { ':v': S('2') } }
      return [await get(bench, key('1')), await outcome(update(bench, key('1'), change))]
    },
    expected: [{ ...key('1'), v: S('x'), n: N('2') }, 'ValidationException'],
  },
  {
    name: 'A path leads only through maps that are there',
    document: UPDATES,
    async observe(bench) {
      const set = {
        UpdateExpression: 'SET tasks.#id = :v',
        ExpressionAttributeNames: { '#id': 't.1' },
        ExpressionAttributeValues: { ':v': N('1') },
      }
      const none = await outcome(update(bench, key('1'), set))
      await put(bench, { ...key('1'), tasks: { M: {} } })
      await update(bench, key('1'), set)
      const item = await get(bench, key('1'))
      await update(bench, key('1'), {
        UpdateExpression: 'REMOVE tasks.#id',
        ExpressionAttributeNames: { '#id': 't.1' },
      })
      return [none, item!['tasks'], (await get(bench, key('1')))!['tasks']]
    },
    expected: ['ValidationException', { M: { 't.1': N('1') } }, { M: {} }],
  },
  {
    name: 'Operands see the item as it was before, and paths must not overlap',
    document: UPDATES,
    async observe(bench) {
      await put(bench, { ...key('1'), a: N('1'), b: N('2'), m: { M: {} } })
      await update(bench, key('1'), { UpdateExpression: 'SET a = b, b = a' })
      const overlap = {
        UpdateExpression: 'SET m = :v REMOVE m.x',
        ExpressionAttributeValues: { ':v': S('x') },
      }
      const item = (await get(bench, key('1')))!
      return [item['a'], item['b'], await outcome(update(bench, key('1'), overlap))]
    },
    gaps: { MiniStack: 'takes paths that overlap' },
    expected: [N('2'), N('1'), 'ValidationException'],
  },
  {
    name: 'Expressions use no reserved word, and no name or value that is not given or not used',
    document: 'Reserved words in DynamoDB, and expression attribute names, DynamoDB developer guide',
    async observe(bench) {
      const set = (UpdateExpression: string, more: object = {}) =>
        outcome(update(bench, key('1'), { UpdateExpression, ...more }))
      const values = { ExpressionAttributeValues: { ':v': S('x') } }
      return [
        await set('SET size = :v', values),
        await set('SET a = :w', values),
        await set('REMOVE a', values),
        await set('SET #a = :v', values),
        await set('SET a = :v', { ...values, ExpressionAttributeNames: { '#b': 'b' } }),
        await set('REMOVE a', { ExpressionAttributeValues: {} }),
      ]
    },
    gaps: { moto: 'fails on a name that is not given', MiniStack: 'takes reserved words' },
    expected: Array(6).fill('ValidationException'),
  },
  {
    name: 'An expression has at most 4 KB',
    document: 'Constraints, DynamoDB developer guide',
    async observe(bench) {
      const set = (length: number) => ({
        UpdateExpression: `SET ${'a'.repeat(length - 'SET  = :v'.length)} = :v`,
        ExpressionAttributeValues: { ':v': S('x') },
      })
      return [
        await outcome(update(bench, key('1'), set(4096))),
        await outcome(update(bench, key('2'), set(4097))),
      ]
    },
    gaps: { moto: 'takes longer ones' },
    expected: ['done', 'ValidationException'],
  },
  {
    name: 'Where there is no table, a call says so',
    document: 'PutItem, Amazon DynamoDB API reference',
    observe: bench => outcome(put({ ...bench, table: 'no-such-table' }, key('1'))),
    expected: 'ResourceNotFoundException',
  },
]
