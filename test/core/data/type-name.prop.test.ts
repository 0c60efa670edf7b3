import { join, sep } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isTypeInPath, isTypeName } from '../../../core/data/type-name.ts'
import { rawFolder, typeOfFolder } from '../../../core/lake/lake-paths.ts'

const part = fc.stringMatching(/^[A-Za-z0-9]{1,20}$/)
const dotted = fc.array(part, { minLength: 2, maxLength: 9 }).map(parts => parts.join('.'))
const anything = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[A-Za-z0-9._\-/~= ]{0,30}$/))

describe('the name of an event type', () => {
  test('that a contract may have can stand in a path', () => {
    fc.assert(
      fc.property(fc.oneof(dotted, anything), name => {
        fc.pre(isTypeName(name))
        expect(isTypeInPath(name)).toBe(true)
      }),
    )
  })

  test('that may stand in a path names one folder of the raw lake, and is read back from it', () => {
    fc.assert(
      fc.property(fc.oneof(dotted, anything), name => {
        fc.pre(isTypeInPath(name))
        const folder = rawFolder(name, 0)
        expect(join(folder)).toBe(folder.replaceAll('/', sep))
        const parts = folder.split('/')
        expect(parts).toHaveLength(3)
        expect(typeOfFolder(parts[1]!)).toBe(name)
      }),
    )
  })

  test.each(['', '.', '..', '../x', 'a/b', '.a', '-a', 'a b', 'é', `a.${'b'.repeat(249)}`])(
    '%j can stand in none',
    name => {
      expect([isTypeName(name), isTypeInPath(name), typeOfFolder(`type=${name}`)]).toEqual([
        false,
        false,
        undefined,
      ])
    },
  )
})
