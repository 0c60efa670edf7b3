import fc from 'fast-check'
import { DEEP, DEPTH, EACH_KIND, NUMBERS, TEXTS, WIDE } from './contracts.ts'

/** An event as JSON, which may be none that is right. */
export type HostileEvent = { readonly text: string; readonly isAlone: boolean }

type Event = Record<string, unknown>
type Change = (event: Event, i: number) => Event

/** Texts that stand in an event as they are, which may be no JSON that JavaScript would write. */
const rawTexts: string[] = []
const raw = (text: string) => ({ toJSON: () => `@raw${rawTexts.push(text) - 1}@` })
const written = (event: Event) =>
  JSON.stringify(event).replaceAll(/"@raw(\d+)@"/g, (_, place: string) => rawTexts[Number(place)]!)

const LENGTHS = [
  0, 1, 255, 1000, 1024, 1025, 2001, 4000, 16_384, 33_000, 65_000, 66_000, 250_000, 900_000, 999_990,
]
const UNITS = [
  'a',
  ' ',
  'é',
  '字',
  '😀',
  '"',
  '\\',
  '\0',
  '\n',
  '\u001f',
  '\u007f',
  '\u2028',
  '\ufeff',
  '\uffff',
  'e\u0301',
  '\u202e',
  '\ud83d',
  '\udc00',
  '👩‍👩‍👧',
]

const text = fc.oneof(
  fc
    .tuple(fc.constantFrom(...UNITS), fc.constantFrom(...LENGTHS))
    .map(([unit, length]) =>
      unit.repeat(Math.floor(length / (unit.length * (unit.charCodeAt(0) < 32 ? 6 : 3)))),
    ),
  fc.array(fc.constantFrom(...UNITS), { maxLength: 40 }).map(units => units.join('')),
  fc.string({ unit: 'binary', maxLength: 50 }),
  fc.constantFrom(
    "'; DROP TABLE kinds; --",
    '%s%n',
    '../../etc/passwd',
    'NULL',
    'null',
    '=1+1',
    '<script>',
    'epoch=1',
  ),
)

const number = fc.constantFrom(
  ...[
    '0',
    '-0',
    '0.1',
    '1.005',
    '0.015',
    '99999999999.999999',
    '-99999999999.999999',
    '999999999999',
    '1e12',
    '1e-7',
    '5e-7',
    '4.9999999e-7',
  ],
  ...[
    '9007199254740991',
    '9007199254740992',
    '9007199254740993',
    '-9007199254740991',
    '1e400',
    '-1e400',
    '1e-400',
    '5e-324',
    '1.7976931348623157e308',
  ],
  ...[
    '1E+2',
    '1e0000000001',
    '100000000000000000000',
    '0.30000000000000004',
    '123456789.12345678',
    '12345678901234567',
    '1234567890.1234567891',
  ],
  ...[`1${'0'.repeat(300)}`, `0.${'3'.repeat(1000)}`, '7'.repeat(5000), `1${'0'.repeat(5000)}e-5000`],
)

const instant = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('0000', '0001', '0999', '1582', '1969', '1970', '2000', '2026', '9999', '10000'),
      fc.constantFrom(
        '-01-01T00:00:00',
        '-02-29T12:00:00',
        '-12-31T23:59:59',
        '-06-30T23:59:60',
        '-10-25T02:30:00',
        '-13-01T00:00:00',
        '-01-01 00:00:00',
        '-01-01t00:00:00',
      ),
      fc.constantFrom('', '.1', '.999', '.999999', '.999999999', '.0000000001', `.${'9'.repeat(50)}`, ',5'),
      fc.constantFrom(
        'Z',
        'z',
        '+00:00',
        '-00:00',
        '+14:00',
        '+16:00',
        '-23:59',
        '+23:59',
        '+24:00',
        '',
        '+0100',
      ),
    )
    .map(parts => parts.join('')),
  fc.constantFrom('', 'now', '2026', '1767225600', '2026-W01-1T00:00:00Z', '+002026-01-01T00:00:00Z'),
)

const nested = fc
  .tuple(fc.constantFrom(5, 40, 55, 60, 61, 62, 63, 64, 65, 100, 1000, 8000), fc.boolean())
  .map(([depth, isList]) =>
    raw(isList ? '['.repeat(depth) + ']'.repeat(depth) : `${'{"d":'.repeat(depth)}1${'}'.repeat(depth)}`),
  )

const wide = fc.tuple(fc.constantFrom(10, 1000, 30_000, 80_000), fc.nat(3)).map(([n, kind]) => {
  const many = (one: (i: number) => string) => Array.from({ length: n }, (_, i) => one(i)).join(',')
  if (kind === 0) return raw(`{${many(i => `"k${i}":1`)}}`)
  if (kind === 1) return raw(`{${many(i => `"${i * 7}":1`)}}`)
  return raw(kind === 2 ? `[${many(i => String(i % 10))}]` : `[${many(i => `{"a":${i}}`)}]`)
})

const odd = fc.constantFrom<unknown>(
  ...[
    null,
    true,
    false,
    '',
    'x',
    [],
    {},
    [null],
    { __proto__x: 1 },
    { constructor: 1, toString: null },
    { '': { '': '' } },
  ],
  ...[
    '{"a":1,"a":2}',
    '{"A":1,"a":2}',
    '{"__proto__":{"x":1}}',
    '{"\\u0000":1}',
    '[1,1.0,1e0]',
    '"\\ud800"',
    '{"\\udfff":1}',
  ].map(raw),
)

const anything = fc.oneof(text, number.map(raw), instant, nested, wide, odd)

/** Mostly of the kind that the field takes, as hostile as it goes. */
const FIELDS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  who: text,
  word: fc.oneof(
    text,
    fc.constantFrom(100, 250_000, 900_000).map(n => `${'a'.repeat(n)}!`),
    fc.constantFrom('a b c', ''),
  ),
  link: fc.oneof(
    text,
    fc
      .constantFrom('a', ':', '/', '%')
      .chain(unit =>
        fc.constantFrom(
          `http://${unit.repeat(8000)}`,
          `http://a${unit.repeat(400_000)}`,
          'http://a.example/?q=字',
        ),
      ),
  ),
  at: instant,
  amount: number.map(raw),
  measured: number.map(raw),
  whole: number.map(raw),
  flag: odd,
  unique: fc.oneof(wide, odd),
  any: anything,
}

const within = (event: Event, change: (data: Event) => Event): Event => ({
  ...event,
  data: change(event['data'] as Event),
})

const ofKinds: fc.Arbitrary<Change> = fc.constantFrom(...Object.keys(FIELDS)).chain(name =>
  fc.oneof({ weight: 4, arbitrary: FIELDS[name]! }, { weight: 1, arbitrary: anything }).map(
    (value): Change =>
      event =>
        within(event, data => ({ ...data, [name]: value })),
  ),
)

/** Names and instants of the event itself. */
const ofEnvelope: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(fc.constantFrom('id', 'source'), text).map(
    ([name, value]): Change =>
      (event, i) => ({ ...event, [name]: `${value}${name === 'id' ? i : ''}` }),
  ),
  instant.map(
    (value): Change =>
      event => ({ ...event, time: value }),
  ),
  fc
    .tuple(
      fc.constantFrom(
        'subject',
        'extra',
        'Extra',
        'tbreceipt',
        'traceparent',
        'type',
        'specversion',
        'data',
        'dataschema',
        'datacontenttype',
        'data_base64',
      ),
      anything,
    )
    .map(
      ([name, value]): Change =>
        event => ({ ...event, [name]: value }),
    ),
)

const at = '2020-03-01T10:00:00Z'
const base = (type: string, i: number, data: Event): Event => ({
  specversion: '1.0',
  id: `h${i}`,
  source: '/hostile',
  type,
  time: at,
  data,
})

const kinds = fc.array(fc.oneof({ weight: 5, arbitrary: ofKinds }, { weight: 1, arbitrary: ofEnvelope }), {
  minLength: 1,
  maxLength: 3,
})

const deep = fc
  .oneof(text, fc.constant(null))
  .map(value => Array.from({ length: DEPTH }).reduce<unknown>(inner => ({ d: inner }), value))

const row = fc.tuple(
  text.map(one => one.slice(0, 2400)),
  number,
  fc.boolean(),
  fc.integer({ min: 0, max: 1 }),
)

const event: fc.Arbitrary<(i: number) => Event> = fc.oneof(
  {
    weight: 8,
    arbitrary: kinds.map(
      changes => (i: number) =>
        changes.reduce((one, change) => change(one, i), base(EACH_KIND.declaration.type, i, { who: 'w' })),
    ),
  },
  {
    weight: 1,
    arbitrary: deep.map(
      data => (i: number) => base(DEEP.declaration.type, i, { who: 'w', ...(data as Event) }),
    ),
  },
  {
    weight: 1,
    arbitrary: row.map(
      ([value, n, hasNumbers, from]) =>
        (i: number) =>
          base(WIDE.declaration.type, i, {
            ...Object.fromEntries(Array.from({ length: TEXTS - from }, (_, k) => [`t${k + from}`, value])),
            ...(hasNumbers &&
              Object.fromEntries(Array.from({ length: NUMBERS }, (_, k) => [`n${k}`, raw(n)]))),
            who: 'w',
          }),
    ),
  },
)

/** So many events, the same for the same seed. */
export function hostileEvents(count: number, seed: number): readonly HostileEvent[] {
  const all = fc.tuple(event, fc.boolean())
  return fc
    .sample(all, { seed, numRuns: count })
    .map(([make, isAlone], i) => ({ text: written(make(i)), isAlone }))
}
