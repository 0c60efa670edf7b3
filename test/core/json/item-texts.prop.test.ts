import fc from 'fast-check'
import { expect, test } from 'vitest'
import { itemTexts } from '../../../core/json/item-texts.ts'
import { parseJson } from '../../../core/json/json.ts'

test('the texts of the items of an array are those that its items are parsed from', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.constantFrom(0, 1), (items, indent) => {
      const text = JSON.stringify(items, undefined, indent)
      expect(itemTexts(text).map(item => JSON.parse(item) as unknown)).toEqual(JSON.parse(text))
    }),
  )
})

test('what is no array has no items', () => {
  for (const text of ['{"a":[1]}', '"[1]"', '7', '[]', ' [ ] ']) expect(itemTexts(text)).toEqual([])
})

test('one item that is nested deeply costs the others no digit', () => {
  const deep = '['.repeat(50_000) + ']'.repeat(50_000)
  const [, number] = parseJson(`[${deep}, 12345678901234567]`) as unknown[]
  expect(JSON.stringify(number)).toBe('12345678901234567')
})
