import { describe, expect, test } from 'vitest'
import { parseGroup } from '../../../core/data/group.ts'
import { compareGroups, type Order, orderRows, type ShownRow } from '../../../core/fold/row-order.ts'
import { numberText } from '../../../core/json/json.ts'

describe('the order of groups', () => {
  test('is missing, null, false, true, numbers, text by its bytes', () => {
    const values = ['{}', '{"a":null}', '{"a":false}', '{"a":true}', '{"a":-1}', '{"a":10}', '{"a":""}']
    const sorted = [...values, '{"a":"B"}', '{"a":"a"}', '{"a":"é"}', '{"a":"\uffff"}', '{"a":"😀"}'].map(
      parseGroup,
    )
    expect(sorted.toReversed().sort((a, b) => compareGroups(['a'], a, b))).toEqual(sorted)
  })

  test('has a missing field first, also when its name is one that every object has', () => {
    const groups = ['{"constructor":null}', '{}'].map(parseGroup)
    const sorted = groups.sort((a, b) => compareGroups(['constructor'], a, b))
    expect(sorted.map(group => JSON.stringify(group))).toEqual(['{}', '{"constructor":null}'])
  })
})

describe('rows in the order that a query asks for', () => {
  const row = (window: string, shop: string | null, n: ShownRow['values'][string]) => ({
    ...{ window, group: { shop }, values: { n } },
  })
  const rows = [
    row('T1', 'a', 2),
    row('T1', 'b', null),
    row('T2', 'a', numberText('1e20')),
    row('T2', null, 2),
  ]
  const order = (...names: string[]): readonly Order[] =>
    names.map(text => {
      const name = text.replace('-', '')
      const kind = name === 'shop' ? ('group' as const) : ('values' as const)
      return { by: name === 'window' ? { kind: name } : { kind, name }, isDescending: text !== name }
    })
  const ordered = (...names: string[]) =>
    orderRows(rows, order(...names)).map(one => rows.indexOf(one as never))

  test('stay as they are where none is asked for, and where rows are equal', () => {
    expect(ordered()).toEqual([0, 1, 2, 3])
    expect(ordered('window')).toEqual([0, 1, 2, 3])
  })

  test('have the largest first behind a minus, nothing last', () => {
    expect(ordered('-n')).toEqual([2, 0, 3, 1])
    expect(ordered('n')).toEqual([1, 0, 3, 2])
  })

  test('are sorted by one name after the other', () => {
    expect(ordered('-window', 'shop')).toEqual([3, 2, 0, 1])
    expect(ordered('shop', '-n')).toEqual([3, 2, 0, 1])
  })
})
