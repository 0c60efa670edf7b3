import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SCAN_MARGIN } from '../../../core/json/canonical-scan.ts'
import { parseJson } from '../../../core/json/json.ts'
import { readSentJson, type SentJson } from '../../../core/json/sent-json.ts'
import { createTemplates } from '../../../core/json/templates.ts'
import { numberText, stringText } from './json-texts.ts'

/** Objects and lists with places for scalars, which are numbered. */
type Layout = number | Layout[] | { [key: string]: Layout }

const key = fc.oneof(fc.stringMatching(/^[a-z]\w{0,6}$/), fc.constantFrom('', 'ä', 'a b', '"', 'toJSON'))
const { node } = fc.letrec<{ node: Layout }>(tie => ({
  node: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 4, arbitrary: fc.nat(9) },
    { weight: 1, arbitrary: fc.array(tie('node'), { maxLength: 3 }) },
    { weight: 2, arbitrary: fc.dictionary(key, tie('node'), { maxKeys: 4 }) },
  ),
}))
const layout = fc.dictionary(key, node, { maxKeys: 6 })

const canonical = fc.oneof(
  fc.oneof(fc.string({ unit: 'grapheme' }), fc.boolean(), fc.constant(null)),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter(one => !Number.isInteger(one)),
)
const canonicalText = canonical.map(one => JSON.stringify(one))
const anyText = fc.oneof(canonicalText, numberText, stringText, fc.constantFrom('tru', 'nul', '{}', '-', ''))
const scalars = (text: fc.Arbitrary<string>) => fc.array(text, { minLength: 10, maxLength: 10 })

function textOf(one: Layout, texts: readonly string[]): string {
  if (typeof one === 'number') return texts[one]!
  if (Array.isArray(one)) return `[${one.map(item => textOf(item, texts)).join(',')}]`
  return `{${Object.entries(one)
    .map(([name, value]) => `${JSON.stringify(name)}:${textOf(value, texts)}`)
    .join(',')}}`
}

/** What templates make of a text, after those that went before. */
function readAfter(learned: readonly string[], text: string): SentJson | undefined {
  const templates = createTemplates()
  for (const one of learned) {
    templates.read(...bytesOf(one))
    templates.learn({ value: JSON.parse(one), texts: [one] })
    // A try that failed is followed by a pause.
    for (let i = 0; i < 70; i++) if (templates.read(...bytesOf(one)) !== undefined) break
  }
  return templates.read(...bytesOf(text))
}

function bytesOf(text: string): [Uint8Array, number, (from: number, to: number) => string] {
  const bytes = Buffer.from(text + '"'.repeat(SCAN_MARGIN))
  return [bytes, bytes.length - SCAN_MARGIN, (from, to) => bytes.toString('utf8', from, to)]
}

const parsed = (text: string) => {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}

describe('reading by templates', () => {
  test('gives what parsing gives and what JSON.stringify would write, or nothing', () => {
    let read = 0
    fc.assert(
      fc.property(
        layout,
        scalars(canonicalText),
        scalars(anyText),
        fc.boolean(),
        (shape, first, then, isOne) => {
          const [known, like] = [textOf(shape, first), textOf(shape, then)]
          const text = isOne ? like : `[${known},${like}]`
          const sent = readAfter([known], text)
          if (sent === undefined) return
          read++
          expect(sent.value).toEqual(parsed(text))
          expect(JSON.stringify(sent.value)).toBe(text)
          expect(sent.texts).toEqual(isOne ? [like] : [known, like])
        },
      ),
      { numRuns: 3000 },
    )
    expect(read).toBeGreaterThan(300)
  })

  test('reads whatever is written by JSON.stringify and like one of the four last', () => {
    fc.assert(
      fc.property(
        fc.array(layout, { minLength: 1, maxLength: 4 }),
        scalars(canonicalText),
        fc.array(fc.tuple(fc.nat(3), scalars(canonicalText)), { minLength: 1, maxLength: 6 }),
        (shapes, first, all) => {
          const texts = all.map(([which, then]) => textOf(shapes[which % shapes.length]!, then))
          const known = shapes.map(shape => textOf(shape, first))
          expect(readAfter(known, `[${texts.join(',')}]`)?.texts).toEqual(texts)
        },
      ),
      { numRuns: 1000 },
    )
  })

  test('passes over a text that is cut off or has another character somewhere', () => {
    const place = fc.record({
      at: fc.nat(),
      isCut: fc.boolean(),
      character: fc.constantFrom(...'"\\{}[]:, \n0.e-xä'),
    })
    fc.assert(
      fc.property(layout, scalars(canonicalText), place, (shape, first, { at, isCut, character }) => {
        const known = textOf(shape, first)
        const text = `[${known},${known}]`
        const where = at % text.length
        const other = text.slice(0, where) + (isCut ? '' : character + text.slice(where + 1))
        // Such a body is not read by templates.
        fc.pre(other.isWellFormed())
        const sent = readAfter([known], other)
        if (sent === undefined) return
        expect(sent.value).toEqual(parsed(other))
        expect(JSON.stringify(sent.value)).toBe(other)
      }),
      { numRuns: 3000 },
    )
  })

  test('gives each object to one reader only', () => {
    const events = (n: number) => JSON.stringify([{ a: n, b: { c: [n] } }])
    const [first, second, third] = [1, 2, 3].map(n => readSentJson(events(n)).value)
    expect([first, second, third]).toEqual([1, 2, 3].map(n => JSON.parse(events(n))))
  })
})
