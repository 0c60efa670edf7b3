import { describe, expect, test } from 'vitest'
import { defineContract } from '../../../core/declare/contract.ts'
import { compilePipeline } from '../../../core/declare/pipeline.ts'
import { MAX_EVENT_SIZE } from '../../../core/event/event.ts'
import { FORMATS } from '../../../core/schema/formats.ts'
import { ALL_KEYWORDS, isNote } from '../../../core/schema/keywords.ts'
import { createAjvValidators } from '../../../drivers/validators/ajv.ts'

/** Most processor time that judging one event may take, ms: others wait for it. */
const LONGEST = 500

const validatorOf = (field: object, more: object = {}) => {
  const data = { type: 'object', properties: { key: { type: 'string' }, field }, ...more }
  const declaration = defineContract({ type: 'com.example.long', version: 1, partitionBy: ['key'], data })
  const declared = { contracts: [{ file: 'long.json', declaration }], metrics: [], schedules: [] }
  return createAjvValidators().validatorOf(compilePipeline(declared).contracts[0]!)
}

/** Processor time, ms, of judging the data. */
function costOnce(validate: (data: unknown) => unknown, data: unknown): number {
  const start = process.cpuUsage()
  validate(data)
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000
}

/** The least of three, since others use the machine too. */
const costOf = (validate: (data: unknown) => unknown, data: unknown) =>
  Math.min(costOnce(validate, data), costOnce(validate, data), costOnce(validate, data))

const times = <T>(n: number, make: (i: number) => T) => Array.from({ length: n }, (_, i) => make(i))
const text = 'a'.repeat(MAX_EVENT_SIZE - 200)
const numbers = times(MAX_EVENT_SIZE / 2, i => i % 10)
const wide = Object.fromEntries(times(80_000, i => [`k${i}`, 1]))

/** A schema and the longest data there is for it, or that looks longest to it, by keyword. */
const CASES: Readonly<Record<string, readonly (readonly [object, unknown])[]>> = {
  type: [[{ type: 'array', items: { type: ['string', 'integer', 'boolean'] } }, numbers]],
  enum: [
    [{ enum: times(5000, i => `value ${i}`) }, 'no value'],
    [{ type: 'array', items: { enum: times(100, i => `v${i}`) } }, times(160_000, () => 'v99')],
  ],
  const: [[{ const: text }, `${text.slice(1)}b`]],
  anyOf: [
    [
      { type: 'array', items: { anyOf: times(20, i => ({ type: 'string', maxLength: i })) } },
      times(40_000, () => 'x'.repeat(20)),
    ],
  ],
  oneOf: [[{ type: 'array', items: { oneOf: times(20, i => ({ const: i })) } }, numbers.map(() => 19)]],
  $ref: [[{ type: 'array', items: { $ref: '#/$defs/named' } }, numbers]],
  minLength: [[{ type: 'string', minLength: MAX_EVENT_SIZE }, text]],
  maxLength: [[{ type: 'string', maxLength: MAX_EVENT_SIZE }, '😀'.repeat(MAX_EVENT_SIZE / 4 - 100)]],
  pattern: [
    [{ type: 'string', pattern: '^(\\w+\\s?)*$' }, `${text}!`],
    [{ type: 'array', items: { type: 'string', pattern: '(x+x+)+y' } }, times(100, () => 'x'.repeat(9000))],
  ],
  // Each of these is also tried with texts made for it, below.
  format: [[{ type: 'array', items: { type: 'string', format: 'date' } }, times(70_000, () => '2026-02-29')]],
  minimum: [[{ type: 'array', items: { type: 'number', minimum: 0 } }, numbers]],
  maximum: [[{ type: 'array', items: { type: 'integer', maximum: 9 } }, numbers]],
  exclusiveMinimum: [[{ type: 'array', items: { type: 'number', exclusiveMinimum: -1 } }, numbers]],
  exclusiveMaximum: [[{ type: 'array', items: { type: 'number', exclusiveMaximum: 10 } }, numbers]],
  multipleOf: [[{ type: 'array', items: { type: 'number', multipleOf: 0.01 } }, numbers]],
  properties: [
    [
      { type: 'array', items: { type: 'object', properties: { a: { type: 'integer' } } } },
      times(120_000, () => ({ a: 1 })),
    ],
  ],
  required: [
    [
      { type: 'array', items: { type: 'object', properties: { a: {} }, required: ['a'] } },
      times(120_000, () => ({ a: 1 })),
    ],
  ],
  additionalProperties: [
    [{ type: 'object', properties: { k0: {} }, additionalProperties: false }, wide],
    [{ type: 'object', additionalProperties: { type: 'integer' } }, wide],
  ],
  patternProperties: [[{ type: 'object', patternProperties: { '^.*$': { type: 'integer' } } }, wide]],
  minProperties: [[{ type: 'object', minProperties: 100_000 }, wide]],
  maxProperties: [[{ type: 'object', maxProperties: 100_000 }, wide]],
  items: [
    [{ type: 'array', items: { type: 'array', items: { type: 'integer' } } }, times(250_000, () => [1])],
  ],
  minItems: [[{ type: 'array', minItems: MAX_EVENT_SIZE }, numbers]],
  maxItems: [[{ type: 'array', maxItems: MAX_EVENT_SIZE }, numbers]],
  uniqueItems: [
    [{ type: 'array', uniqueItems: true, items: { type: 'array' } }, times(130_000, i => [i])],
    [{ type: 'array', uniqueItems: true }, times(130_000, i => i)],
    [{ type: 'array', uniqueItems: true }, times(100_000, i => `t${i}`)],
    [{ type: 'array', uniqueItems: true }, [wide, { ...wide, last: 1 }]],
  ],
}

const deciding = ALL_KEYWORDS.filter(
  keyword => !isNote(keyword) && !['$schema', '$id', '$defs'].includes(keyword),
)

describe('the longest data an event can hold is judged in bounded time', () => {
  test.each(deciding)('%s', keyword => {
    for (const [field, data] of CASES[keyword]!) {
      const validate = validatorOf(field, { $defs: { named: { type: 'integer', minimum: 0 } } })
      expect(costOf(validate, { field: data })).toBeLessThan(LONGEST)
    }
  })

  const heads = [
    '',
    'http://',
    'a@',
    'P',
    'T',
    '/',
    '0/',
    '{',
    '#/',
    'a:',
    '1',
    '2026-01-01T',
    'urn:uuid:',
    '::',
  ]
  const bodies = [
    'a',
    '1',
    '/',
    ':',
    '%41',
    '%',
    'a:',
    '0:',
    'a.',
    'a-',
    '-',
    '~0',
    '{a}',
    '1D',
    '@a',
    '[',
    '?',
    '#',
  ]
  const ends = ['', '!', '\n', '.', '{', '%']

  test.each(Object.entries(FORMATS))('format %s, of at most %i characters', (format, most) => {
    const validate = validatorOf({ type: 'string', format })
    const judge = (one: unknown) => validate({ field: one })
    const forms = heads.flatMap(head => bodies.flatMap(body => ends.map(end => [head, body, end] as const)))
    // Those that cost most at a moderate length, as long and as often as an event has room for them.
    const short = forms.map(form => [form, costOnce(judge, ofLength(form, Math.min(most, 2000)))] as const)
    const slowest = short.toSorted((a, b) => b[1] - a[1]).slice(0, 3)
    for (const [form] of slowest) {
      const often = times(Math.floor(MAX_EVENT_SIZE / (most + 3)), () => ofLength(form, most))
      expect(costOf(() => often.forEach(judge), undefined)).toBeLessThan(LONGEST)
    }
    // One that is longer than any is refused for its length alone.
    const tooLong = ofLength(['http://', 'a:', '!'], MAX_EVENT_SIZE - 200)
    expect(costOf(judge, tooLong)).toBeLessThan(LONGEST / 10)
  })
})

function ofLength([head, body, end]: readonly [string, string, string], length: number): string {
  return head + body.repeat(Math.max(0, Math.floor((length - head.length - end.length) / body.length))) + end
}
