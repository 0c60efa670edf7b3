import { createContext, runInContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compilePattern, patternProblem } from '../../../core/pattern/pattern.ts'

const letters = [
  'a',
  'b',
  'A',
  '1',
  '_',
  ' ',
  '-',
  '.',
  '\n',
  'é',
  'ß',
  '中',
  '𝒳',
  '\ud800',
  '\udcb3',
  '\u2028',
  '😀',
  '\0',
]
const text = fc.array(fc.constantFrom(...letters), { maxLength: 12 }).map(parts => parts.join(''))
const anyText = fc.oneof({ weight: 3, arbitrary: text }, fc.string({ unit: 'binary', maxLength: 12 }))

const member = fc.constantFrom(
  ...[
    'a',
    'b',
    '1',
    '_',
    ' ',
    '\\-',
    '.',
    'é',
    '中',
    '𝒳',
    '\\n',
    '\\d',
    '\\w',
    '\\s',
    '\\S',
    '\\W',
    '\\p{L}',
  ],
  ...[
    'a-f',
    '0-9',
    'A-z',
    '\\u{1d4b3}',
    '\\ud835\\udcb3',
    '\\x61',
    '\\u4e2d',
    '\\cJ',
    '\\b',
    '\\P{Lu}',
    '中-😀',
  ],
)
const single = fc.oneof(
  fc.constantFrom(
    ...['a', 'b', '1', ' ', '-', 'é', '中', '𝒳', '\\.', '\\/', '.', '\\d', '\\D', '\\w', '\\W'],
  ),
  fc.constantFrom(...['\\s', '\\S', '\\p{L}', '\\p{Script=Han}', '\\P{L}', '\\u{1F600}', '\\0', '[]', '[^]']),
  fc.array(member, { minLength: 1, maxLength: 3 }).map(members => `[${members.join('')}]`),
  fc.array(member, { minLength: 1, maxLength: 3 }).map(members => `[^${members.join('')}]`),
)
const counted = fc.constantFrom('', '', '', '*', '+', '?', '*?', '{2}', '{1,}', '{0,2}', '{2,3}?', '{0}')
const { pattern } = fc.letrec<{ pattern: string; part: string }>(tie => ({
  part: fc.oneof(
    { maxDepth: 2, depthIdentifier: 'pattern' },
    { weight: 6, arbitrary: fc.tuple(single, counted).map(([one, count]) => one + count) },
    { weight: 1, arbitrary: fc.constantFrom('^', '$') },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.constantFrom('(', '(?:', '(?<name>'), tie('pattern'), counted)
        .map(([open, inner, count]) => `${open}${inner})${count}`),
    },
  ),
  pattern: fc
    .array(fc.array(tie('part'), { maxLength: 4 }), { minLength: 1, maxLength: 3 })
    .map(options => options.map(parts => parts.join('')).join('|')),
}))

/** Two groups of one name are no pattern in every engine. */
const named = (source: string) => source.replaceAll('(?<name>', () => '(')

const context = createContext()
/**
 * What JavaScript's own engine says of each text; undefined when it goes back and forth for over half a
 * second, as it does with some patterns: the very reason why ours is another one.
 */
const sayTheirs = (source: string, texts: readonly string[]): boolean[] | undefined => {
  Object.assign(context, { source, texts })
  try {
    return runInContext("texts.map(text => new RegExp(source, 'u').test(text))", context, { timeout: 500 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return undefined
    throw error
  }
}

describe('a pattern', () => {
  test('says of every text what JavaScript’s own engine says', () => {
    fc.assert(
      fc.property(pattern.map(named), fc.array(anyText, { minLength: 5, maxLength: 15 }), (source, texts) => {
        fc.pre(patternProblem(source) === undefined)
        const theirs = sayTheirs(source, texts)
        fc.pre(theirs !== undefined)
        const ours = compilePattern(source)
        for (const [at, one] of texts.entries())
          expect(`${source} ${one} ${ours.test(one)}`).toBe(`${source} ${one} ${theirs![at]}`)
      }),
      { numRuns: 400 },
    )
  })

  test.each([
    ['^[A-Z]{2}\\d{2}[A-Z0-9]{11,30}$', 'DE89370400440532013000', 'DE8937'],
    ['^\\p{Lu}\\p{Ll}+$', 'Éric', 'éric'],
    ['(?<year>\\d{4})-(?:0[1-9]|1[0-2])', 'in 2026-10', '2026-13'],
    ['^$', '', ' '],
    ['', 'anything', undefined],
    ['[^]', '\n', ''],
  ])('%s fits what it says', (source, right, wrong) => {
    expect(compilePattern(source).test(right)).toBe(true)
    if (wrong !== undefined) expect(compilePattern(source).test(wrong)).toBe(false)
  })

  test.each([
    ['^(\\w+\\s?)*$', `${'a'.repeat(999_998)}!`],
    ['(a+)+$', `${'a'.repeat(999_999)}b`],
    ['^(a|aa)+$', `${'a'.repeat(999_999)}b`],
    ['(.*)*x$', 'é'.repeat(999_999)],
    ['\\d+-\\d+', '1'.repeat(999_999)],
    ['^(?:[^"\\\\]|\\\\.)*"$', '\\'.repeat(999_999)],
    ['(\\p{L}+\\s*)+;', '中'.repeat(999_999)],
    ['^[fo]{0,200}@(foo|fo+)+$', `${'fo'.repeat(100)}@${'fo'.repeat(499_000)}x`],
  ])('%s takes one step a character', (source, long) => {
    const { test: fits } = compilePattern(source)
    fits(long)
    const start = process.cpuUsage()
    fits(long)
    const { user, system } = process.cpuUsage(start)
    expect((user + system) / 1000).toBeLessThan(250)
  })

  test.each([
    ['(', 'is none'],
    ['a\\-b', 'is none'],
    ['^(?=.*\\d).{8,}$', 'looks ahead'],
    ['(?<!a)b', 'looks ahead or behind'],
    ['(a)\\1', 'refers to what was matched'],
    ['(?<x>a)\\k<x>', 'refers to what was matched'],
    ['\\bword\\b', 'edge of a word'],
    ['^(?:a{1000}){1000}$', 'repeats too much'],
    ['x.{20}$', 'needs too many states'],
    [5, 'is no text'],
  ])('%s is refused, with what to write instead', (source, problem) => {
    const found = patternProblem(source)
    expect(found?.problem).toContain(problem)
    expect(found?.remedy).not.toBe('')
  })
})
