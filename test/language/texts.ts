import fc from 'fast-check'
import { hostileText } from '../arbitraries.ts'
import type { Node, Written } from './written.ts'

/** One code point each. */
const unit = fc.oneof(
  fc.constantFrom('a', 'Z', '0', ' ', 'é', '😀', '"', '\\', '\n', '\0', '\ufeff', "'", '字', '|', '{'),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
)
const textOf = (least: number, most: number) =>
  fc.array(unit, { minLength: least, maxLength: most }).map(units => units.join(''))

const digits = (n: number) => fc.nat(10 ** n - 1).map(number => String(number).padStart(n, '0'))
const clock = fc
  .tuple(fc.nat(23), fc.nat(59), fc.nat(59))
  .map(parts => parts.map(part => String(part).padStart(2, '0')).join(':'))
const fraction = fc.oneof(
  fc.constant(''),
  fc.string({ unit: fc.constantFrom('0', '5', '9'), minLength: 1, maxLength: 9 }).map(text => `.${text}`),
)
const offset = fc.constantFrom('Z', 'Z', '+00:00', '-00:00', '+05:45', '+14:00', '-23:59', '+16:00')
const day = fc.oneof(
  fc.date({ min: new Date('1000-01-02'), max: new Date('9999-12-30'), noInvalidDate: true }),
  fc.constantFrom(
    ...['0001-01-02', '1969-12-31', '1970-01-01', '2000-02-29', '9999-12-30'].map(text => new Date(text)),
  ),
)

/** RFC 3339, within the years 1 to 9999 in UTC too. */
const instant = fc
  .tuple(day, clock, fraction, offset)
  .map(([date, time, part, zone]) => `${date.toISOString().slice(0, 10)}T${time}${part}${zone}`)

const FORMATS: Readonly<Record<string, fc.Arbitrary<string>>> = {
  date: day.map(date => date.toISOString().slice(0, 10)),
  time: fc.tuple(clock, fraction, fc.constantFrom('Z', '+01:00')).map(parts => parts.join('')),
  duration: fc.constantFrom('P1D', 'PT36H', 'P1Y2M10DT2H30M', 'P3W', 'PT0S'),
  email: fc.constantFrom('a@example.org', "o'neil+x@mail.example.org"),
  hostname: fc.constantFrom('example.org', 'a', 'xn--bcher-kva.example'),
  ipv4: fc.ipV4(),
  ipv6: fc.ipV6(),
  uuid: fc.uuid(),
  uri: fc.webUrl(),
  'uri-reference': fc.oneof(fc.webUrl(), fc.constantFrom('/a?b#c', '../x', '')),
  'uri-template': fc.constantFrom('/users/{id}', 'http://example.org{/path*}', ''),
  url: fc.webUrl(),
  'json-pointer': fc.constantFrom('', '/a/0', '/a~1b/~0'),
  'relative-json-pointer': fc.constantFrom('0', '1/a', '2#'),
}

/** Patterns, each with texts that fit and some that may not. */
const PATTERNS: readonly (readonly [string, fc.Arbitrary<string>])[] = [
  ['^[A-Z]{2}[0-9]+$', fc.stringMatching(/^[A-Z]{2}[0-9]+$/)],
  ['^(\\w+\\s?)*$', fc.stringMatching(/^(?:\w{1,5}\s?){0,4}$/)],
  ['^\\p{Lu}\\p{L}*$', fc.constantFrom('É', 'Zoë', 'Ωmega', '𝒳yz', 'Ж')],
  ['o', textOf(0, 4).map(text => `${text}o${text}`)],
  ['^.{1,3}$', fc.stringMatching(/^[a-z😀é]{1,3}$/u)],
  ['^[^\\s@]+@[^\\s@]+$', fc.constantFrom('a@b', '字@😀')],
  ['^$|^(?:ja|nein)$', fc.constantFrom('', 'ja', 'nein')],
  ['\\u{1F600}|\\x41|\\cJ', fc.constantFrom('😀', 'A', '\n', 'x😀y')],
]

/** Values of a closed list, as they may be written. */
export function listed(type: string | undefined, values: readonly unknown[]): fc.Arbitrary<Node> {
  const typed = type === undefined ? {} : { type }
  const each = values.map(value => ({ ...typed, const: value }))
  return fc.constantFrom<Node>(
    { ...typed, enum: values },
    { enum: values },
    { anyOf: each },
    { oneOf: each },
    ...(values.length === 1 ? [each[0]!, { const: values[0] }] : []),
  )
}

const text = { kind: 'text' } as const
const written = (schema: Node, values: fc.Arbitrary<string>): Written => ({ schema, means: text, values })

const plain = fc.constant(written({ type: 'string' }, fc.oneof(hostileText, textOf(0, 8))))

const ofLength = fc.tuple(fc.nat(3), fc.nat(4), fc.boolean()).map(([least, more, isOpen]) => {
  const bounds = isOpen ? { minLength: least } : { minLength: least, maxLength: least + more }
  return written({ type: 'string', ...bounds }, textOf(least, least + more))
})

const ofPattern = fc
  .tuple(fc.constantFrom(...PATTERNS), fc.boolean())
  .map(([[pattern, values], isBounded]) =>
    written({ type: 'string', pattern, ...(isBounded && { maxLength: 12 }) }, values),
  )

const ofFormat = fc
  .constantFrom(...Object.entries(FORMATS))
  .map(([format, values]) => written({ type: 'string', format }, values))

const ofList = fc
  .uniqueArray(fc.oneof(hostileText, digits(2)), { minLength: 1, maxLength: 4 })
  .chain(values => listed('string', values).map(schema => written(schema, fc.constantFrom(...values))))

export const textField: fc.Arbitrary<Written> = fc.oneof(plain, ofLength, ofPattern, ofFormat, ofList)

export const instantField: fc.Arbitrary<Written> = fc.constant({
  schema: { type: 'string', format: 'date-time' },
  means: { kind: 'instant' },
  values: instant,
})
