import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileGroup } from '../core/data/group.ts'
import { markerKey, recordKey } from '../core/event/event.ts'
import { groupKey } from '../core/lake/group-key.ts'
import { itemId } from '../core/ports/views.ts'
import { keyText } from '../drivers/aws/dynamodb/table.ts'
import { checkedValue, readChecked } from '../drivers/lmdb/checked-value.ts'
import { markerId, receiptKey } from '../drivers/markers/dynamodb/marker.ts'
import { headKey, stateKey, stateOf } from '../drivers/runs/dynamodb/items.ts'
import { partsOfReport, reportOfParts } from '../drivers/runs/dynamodb/report.ts'
import { partialKey, partialPk } from '../drivers/views/dynamodb-batch/item.ts'
import { bucketKey, pathOf } from '../drivers/views/dynamodb-real-time/layout.ts'

/** Texts of what keys are joined by, so that a shorter and a longer part can look alike. */
const part = fc.string({
  unit: fc.constantFrom(
    'a',
    '0',
    '1',
    ' ',
    '|',
    '#',
    '/',
    '\\',
    '"',
    ',',
    '\n',
    '\t',
    '\0',
    '\u001d',
    '\u001e',
    '\u001f',
  ),
  maxLength: 4,
})
const number = fc.nat(20)
/** Windows begin at whole minutes; keys of DynamoDB tell seconds apart. */
const window = number.map(minute => minute * 60_000)
const fields = ['a', 'b'].map(name => ({
  ...{
    name,
    path: [name],
    column: name,
    description: '',
    kind: 'string',
    nullable: true,
    optional: true,
    scale: undefined,
  },
})) as Parameters<typeof compileGroup>[0]
const groupOf = compileGroup(fields)
/** Groups are canonical texts, made by one function. */
const group = fc.record({ a: fc.option(part), b: part }, { requiredKeys: ['a'] }).map(data => groupOf(data))
const metric = fc.tuple(fc.constantFrom('m', 'm_1'), number).map(([name, n]) => `${name}.${n}`)
const own = { groups: 1 } as Parameters<typeof pathOf>[1]

type Case = readonly [what: string, of: fc.Arbitrary<unknown>, key: (from: never) => unknown]
const cases: readonly Case[] = [
  ['an event', fc.record({ type: fc.constantFrom('a', 'a.b'), source: part, id: part }), markerKey],
  ['a record', fc.array(part, { minLength: 1, maxLength: 3 }), recordKey],
  ['a group', fc.tuple(fc.option(part), part), ([a, b]: [string, string]) => groupOf({ a, b })],
  ['a group in a table', group, groupKey],
  ['an item', fc.tuple(group, window, number), ([a, b, c]: [string, number, number]) => itemId(a, b, c)],
  ['an item of DynamoDB', fc.record({ pk: part, sk: part }), keyText],
  [
    'a partial of DynamoDB',
    fc.tuple(metric, group, window),
    ([id, name, window]: [string, string, number]) => [
      partialPk(id, name),
      partialKey(id, { window, group: name }),
    ],
  ],
  [
    'a real-time item of DynamoDB',
    fc.tuple(group, window, number),
    ([name, window, lane]: [string, number, number]) =>
      bucketKey('pk', { window, lane }, pathOf(name, own).at(0)),
  ],
  ['a marker', part, markerId],
  ['a run', fc.record({ id: part, startedAt: number }), headKey],
  ['a state of a run', fc.record({ name: part, enteredAt: number }), stateKey],
]

describe.each(cases)('the key of %s', (_what, of, key) => {
  test('is that of another one only if both are made of the same parts', () => {
    fc.assert(
      fc.property(of, of, (a, b) => {
        const [first, second] = [a, b].map(each => JSON.stringify(key(each as never)))
        expect(first === second).toBe(JSON.stringify(a) === JSON.stringify(b))
      }),
      { numRuns: 2000 },
    )
  })
})

test('the marker of a receipt is that of no event', () => {
  fc.assert(
    fc.property(part, fc.constantFrom('a', 'a.b'), part, part, (receipt, type, source, id) => {
      expect(receiptKey(receipt)).not.toBe(markerKey({ type, source, id }))
    }),
  )
})

test('the name of a state is read from its key, whatever is in it', () => {
  fc.assert(
    fc.property(fc.record({ name: part, enteredAt: number }), state => {
      expect(stateOf(stateKey(state))).toEqual(state)
    }),
  )
})

test('a report is put together again, whatever its keys are', () => {
  const value = fc.letrec(tie => ({
    node: fc.oneof(
      { depthSize: 'small' },
      number,
      fc.dictionary(part, tie('node'), { maxKeys: 3, noNullPrototype: true }),
    ),
  })).node
  const report = fc.dictionary(part, value, { maxKeys: 3, noNullPrototype: true })
  fc.assert(
    fc.property(report, wire => {
      expect(reportOfParts(partsOfReport(wire))).toEqual(wire)
    }),
    { numRuns: 500 },
  )
})

test('a value of LMDB under the key of another one does not match its checksum', () => {
  const key = fc.tuple(part, number, part)
  fc.assert(
    fc.property(key, key, (a, b) => {
      fc.pre(JSON.stringify(a) !== JSON.stringify(b))
      expect(() => readChecked('test', b, checkedValue(a, 1))).toThrow('checksum')
    }),
  )
})
