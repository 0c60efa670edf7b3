import { get, put, puts, update } from './calls.ts'
import { key, N, outcome, type Row, S } from './row.ts'

const TYPES = 'Data types, DynamoDB developer guide'
const CONSTRAINTS = 'Constraints, DynamoDB developer guide'
const ITEM = 400 * 1024

/** What may be stored. */
export const values: readonly Row[] = [
  {
    name: 'A number keeps 38 digits, and one of more is refused, not rounded',
    document: TYPES,
    async observe(bench) {
      const digits = '12345678901234567890123456789012345678'
      await put(bench, { ...key('1'), n: N(digits) })
      const more = await outcome(put(bench, { ...key('2'), n: N(`${digits}9`) }))
      return [(await get(bench, key('1')))!['n'], more]
    },
    gaps: { moto: 'takes more digits' },
    expected: [N('12345678901234567890123456789012345678'), 'ValidationException'],
  },
  {
    name: 'Addition is exact to 38 digits',
    document: TYPES,
    async observe(bench) {
      await put(bench, { ...key('1'), n: N('99999999999999999999999999999999999998'), d: N('0.1') })
      const add = {
        UpdateExpression: 'ADD n :n, d :d',
        ExpressionAttributeValues: { ':n': N('1'), ':d': N('0.2') },
      }
      await update(bench, key('1'), add)
      const { n, d } = (await get(bench, key('1')))!
      return [n, d]
    },
    gaps: { MiniStack: 'rounds the sum' },
    expected: [N('99999999999999999999999999999999999999'), N('0.3')],
  },
  {
    name: 'A number has one form: zeros that say nothing go',
    document: TYPES,
    async observe(bench) {
      await put(bench, { ...key('1'), a: N('1.50'), b: N('007'), c: N('1e2') })
      const { a, b, c } = (await get(bench, key('1')))!
      return [a, b, c]
    },
    gaps: { moto: 'keeps the text' },
    expected: [N('1.5'), N('7'), N('100')],
  },
  {
    name: 'A number beyond 9.99…E+125 or under 1E-130 is refused',
    document: TYPES,
    observe: bench =>
      Promise.all(
        ['1E125', '1E126', '1E-130', '1E-131'].map(n => outcome(put(bench, { ...key(n), n: N(n) }))),
      ),
    gaps: { moto: 'takes larger ones' },
    expected: ['done', 'ValidationException', 'done', 'ValidationException'],
  },
  {
    name: 'An item has at most 400 KB, its names counted',
    document: CONSTRAINTS,
    async observe(bench) {
      const ofSize = (bytes: number) => ({
        ...key('1'),
        long: S('x'.repeat(bytes - 'pkaask1long'.length + 1)),
      })
      const within = await outcome(put(bench, ofSize(ITEM - 1)))
      const over = await outcome(put(bench, ofSize(ITEM + 1)))
      const grow = { UpdateExpression: 'SET another = :v', ExpressionAttributeValues: { ':v': S('xx') } }
      return [within, over, await outcome(update(bench, key('1'), grow))]
    },
    gaps: { moto: 'counts names and values otherwise, and updates not at all' },
    expected: ['done', 'ValidationException', 'ValidationException'],
  },
  {
    name: 'A batch with an item too large writes none of them',
    document: 'BatchWriteItem, Amazon DynamoDB API reference',
    async observe(bench) {
      const written = await outcome(puts(bench, [key('1'), { ...key('2'), v: S('x'.repeat(ITEM)) }]))
      return [written, await get(bench, key('1'))]
    },
    gaps: { moto: 'writes those before it' },
    expected: ['ValidationException', undefined],
  },
  {
    name: 'A key is a text that is not empty, of at most 1,024 bytes where it sorts',
    document: CONSTRAINTS,
    observe: bench =>
      Promise.all([
        outcome(put(bench, { pk: S(''), sk: S('1') })),
        outcome(put(bench, { pk: N('1'), sk: S('1') })),
        outcome(put(bench, { pk: S('a') })),
        outcome(put(bench, key('x'.repeat(1024)))),
        outcome(put(bench, key('x'.repeat(1025)))),
      ]),
    expected: [
      ...['ValidationException', 'ValidationException', 'ValidationException'],
      ...['done', 'ValidationException'],
    ],
  },
  {
    name: 'A set is not empty, and values may be empty texts',
    document: CONSTRAINTS,
    observe: bench =>
      Promise.all([
        outcome(put(bench, { ...key('1'), s: { SS: [] } })),
        outcome(put(bench, { ...key('1'), s: S('') })),
      ]),
    expected: ['ValidationException', 'done'],
  },
  {
    name: 'What has expired is there until it is deleted, which may take days',
    document: 'Using time to live (TTL) in DynamoDB, DynamoDB developer guide',
    async observe(bench) {
      const item = { ...key('1'), expires: N('1000000000') }
      await put(bench, item)
      return get(bench, key('1'))
    },
    expected: { ...key('1'), expires: N('1000000000') },
  },
]
