import { expect, test } from 'vitest'
import { evolved, nameMapping } from '../../../core/iceberg/table-schema.ts'
import type { Column } from '../../../core/lake/column.ts'

const column = (name: string, type: Column['type'], scale?: number): Column => ({
  ...{ name, type, description: '' },
  ...(scale !== undefined && { scale }),
})
const NONE = { fields: [], lastId: 0 }
const shown = ({ fields }: { fields: readonly { id: number; name: string; type: unknown }[] }) =>
  fields.map(({ id, name, type }) => `${id} ${name} ${String(type)}`)

test('a column keeps its id, a new one gets the next, and one that is declared no more stays', () => {
  const first = evolved(
    NONE,
    [column('event_id', 'text'), column('n', 'bigint'), column('gone', 'json')],
    undefined,
  )
  expect(shown(first)).toEqual(['1 event_id string', '2 n long', '3 gone string'])
  const second = evolved(
    first,
    [column('event_id', 'text'), column('new', 'timestamp'), column('n', 'bigint')],
    undefined,
  )
  expect(shown(second)).toEqual(['1 event_id string', '4 new timestamptz', '2 n long', '3 gone string'])
  expect(second.retyped).toEqual([])
})

test('only what no row lacks is required, and of a column that comes later nobody says so', () => {
  const required = ({ fields }: typeof first) =>
    fields.filter(field => field.required).map(({ name }) => name)
  const first = evolved(
    NONE,
    [{ ...column('epoch', 'timestamp'), isRequired: true }, column('n', 'bigint')],
    undefined,
  )
  expect(required(first)).toEqual(['epoch'])
  expect(
    required(
      evolved(
        first,
        [
          { ...column('epoch', 'timestamp'), isRequired: true },
          { ...column('receipt', 'text'), isRequired: true },
        ],
        undefined,
      ),
    ),
  ).toEqual(['epoch'])
})

test('a column whose type files of before cannot be read as is told', () => {
  const first = evolved(
    NONE,
    [column('a', 'bigint'), column('b', 'decimal', 2), column('c', 'decimal', 2)],
    undefined,
  )
  const wider = { ...column('c', 'decimal', 2), precision: 20 }
  const { retyped } = evolved(first, [column('a', 'decimal', 2), column('b', 'decimal', 4), wider], undefined)
  expect(retyped).toEqual(['a', 'b'])
})

test('the name mapping names every column of files, and a column that is declared later has the id it has there', () => {
  const first = evolved(NONE, [column('a', 'text')], undefined)
  const { mapping, lastId } = nameMapping(undefined, first, ['a', 'event_hash', 'later'])
  expect(JSON.parse(mapping)).toEqual([
    { 'field-id': 1, names: ['a'] },
    { 'field-id': 2, names: ['event_hash'] },
    { 'field-id': 3, names: ['later'] },
  ])
  const second = evolved(
    { ...first, lastId },
    [column('a', 'text'), column('later', 'bigint'), column('b', 'text')],
    mapping,
  )
  expect(shown(second)).toEqual(['1 a string', '3 later long', '4 b string'])
  const again = nameMapping(mapping, second, ['event_hash'])
  expect(JSON.parse(again.mapping)).toEqual([...JSON.parse(mapping), { 'field-id': 4, names: ['b'] }])
  expect(again.lastId).toBe(4)
})
