import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { headerText } from '../../../core/event/header-text.ts'

/** What the binding tells a sender to write. */
const encoded = (text: string) => encodeURIComponent(text)
/** Bytes of UTF-8 as Node's server hands them on: a character each. */
const raw = (text: string) => Buffer.from(text).toString('latin1')
const quoted = (text: string) => `"${text.replaceAll(/["\\]/g, '\\$&')}"`
const read = (value: string) => headerText('ce-id', value)

describe('an attribute in a header', () => {
  test.each([
    ['plain', 'order-1', 'order-1'],
    ['percent-encoded', 'Euro%20%E2%82%AC%20%F0%9F%98%80', 'Euro € 😀'],
    ['encoded in lower case', 'caf%c3%a9', 'café'],
    ['encoded without need', '%61bc', 'abc'],
    ['encoded once, decoded once', '%2541', '%41'],
    ['raw UTF-8', raw('café 日本 😀'), 'café 日本 😀'],
    ['raw and encoded', `${raw('é')}%C3%A9`, 'éé'],
    ['decoded by a gateway', '日本é', '日本é'],
    ['quoted', '"/shop"', '/shop'],
    ['quoted, with escapes', String.raw`"a \"b\" \\ c"`, String.raw`a "b" \ c`],
    ['quoted and encoded', '"caf%C3%A9"', 'café'],
    ['with a quote inside', 'a"b"', 'a"b"'],
    ['with a quote that never closes', '"a', '"a'],
    ['a bare percent sign', '50% off', '50% off'],
    ['a percent sign at the end', '100%', '100%'],
    ['a percent sign before one digit', '%4', '%4'],
    ['a byte order mark', '%EF%BB%BFa', '\ufeffa'],
    ['nothing', '', ''],
  ])('%s is read as it is meant', (_, value, text) => {
    expect(read(value)).toBe(text)
  })

  test.each([
    ['an overlong space', '%C0%A0'],
    ['half a surrogate pair', '%ED%A0%80'],
    ['Latin-1, raw', 'caf\u00e9'],
    ['Latin-1, encoded', 'caf%E9'],
  ])('%s is refused, with the name of the header', (_, value) => {
    expect(() => read(value)).toThrow(/header ce-id is not UTF-8/)
  })

  test('has one text in every way it may be sent', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 })
    fc.assert(
      fc.property(text, sent => {
        expect(read(encoded(sent))).toBe(sent)
        expect(read(quoted(encoded(sent)))).toBe(sent)
        if (!/["%]/.test(sent)) expect(read(raw(sent))).toBe(sent)
        if (!sent.includes('%')) expect(read(raw(quoted(sent)))).toBe(sent)
      }),
    )
  })

  test('is read in time that grows with its length alone', () => {
    const begun = performance.now()
    for (const value of ['%'.repeat(100_000), `"${'\\'.repeat(100_001)}`, `"${'a'.repeat(100_000)}`])
      read(value)
    expect(performance.now() - begun).toBeLessThan(1000)
  })
})
