import fc from 'fast-check'
import { expect, test } from 'vitest'
import { repeatedKey } from '../../../core/json/repeated-key.ts'

test.each([
  ['{"a":1,"a":2}', { key: 'a', line: 1 }],
  ['{"a":1,\n "\\u0061" : 2}', { key: 'a', line: 2 }],
  ['[{"a":{"b":[{}],\n\n"c":":","b":1}}]', { key: 'b', line: 3 }],
  ['{"__proto__":1,"__proto__":2}', { key: '__proto__', line: 1 }],
])('%s has a key twice', (text, found) => {
  expect(repeatedKey(text)).toEqual(found)
})

test('whatever JSON.stringify writes has no key twice', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(2), (value, indent) => {
      expect(repeatedKey(JSON.stringify(value, undefined, indent))).toBeUndefined()
    }),
  )
})

test('a key that is written once more, anywhere in an object, is found', () => {
  const entries = fc.uniqueArray(fc.tuple(fc.string(), fc.jsonValue()), {
    ...{ minLength: 1, maxLength: 6, selector: ([key]: [string, unknown]) => key },
  })
  fc.assert(
    fc.property(entries, fc.nat(5), fc.jsonValue(), (all, at, value) => {
      const [key] = all[at % all.length]!
      const members = [...all, [key, value]].map(
        ([name, each]) => `${JSON.stringify(name)}: ${JSON.stringify(each)}`,
      )
      expect(repeatedKey(`[1, {"outer": {${members.join(', ')}}}]`)).toEqual({ key, line: 1 })
    }),
  )
})
