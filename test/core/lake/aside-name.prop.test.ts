import fc from 'fast-check'
import { expect, test } from 'vitest'
import { asideName, numbered } from '../../../core/lake/aside-name.ts'

const part = fc
  .oneof(
    fc.string({ unit: 'grapheme', minLength: 1 }),
    fc.string({ unit: 'grapheme', minLength: 100, maxLength: 400 }),
  )
  .map(text => text.replaceAll(/[/\u0000]/g, '_'))
const name = fc.array(part, { minLength: 1, maxLength: 12 }).map(parts => parts.join('/'))

test('a name that fits is kept, and any other is cut to what file systems and S3 take, numbered and with a reason', () => {
  fc.assert(
    fc.property(name, fc.integer({ min: 1, max: 2000 }), (whole, n) => {
      const kept = `${numbered(asideName(whole), n)}.reason`
      expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(950)
      for (const one of kept.split('/')) expect(Buffer.byteLength(one)).toBeLessThanOrEqual(255)
      const fits =
        whole.split('/').every(one => Buffer.byteLength(one) <= 220) && Buffer.byteLength(whole) <= 900
      if (fits) expect(asideName(whole)).toBe(whole)
    }),
  )
})

test('names that differ stay different, numbered or cut', () => {
  fc.assert(
    fc.property(name, name, (one, other) => {
      fc.pre(one !== other)
      expect(asideName(one)).not.toBe(asideName(other))
    }),
  )
  const long = 'a'.repeat(300)
  expect(asideName(`${long}1`)).not.toBe(asideName(`${long}2`))
  expect(
    new Set(['x', 'x.csv', 'x.ndjson.gz', '.x'].flatMap(base => [1, 2, 3].map(n => numbered(base, n)))).size,
  ).toBe(12)
})

test('what is cut keeps its ending', () => {
  expect(asideName(`${'a'.repeat(300)}.ndjson.gz`)).toMatch(/^a{100,}~[\da-f]{12}\.ndjson\.gz$/)
})
