import fc from 'fast-check'

/**
 * An event before it is sent; `id` comes from a small pool, so that ids repeat with the same and with other
 * data.
 */
export type Draft = {
  readonly type: string
  readonly id: string
  readonly source: string
  readonly time: string
  readonly data: Readonly<Record<string, unknown>>
}

/** A request: how long after the one before it, in ms, and its events. */
export type Request = { readonly wait: number; readonly drafts: readonly Draft[] }

/** When the streams start, and how long their epochs and the dedupe horizon are. */
export const CLOCK = { start: Date.UTC(2026, 2, 1, 10, 30), epochLength: 3_600_000, horizon: 2 } as const

export function toEvent({ type, id, source, time, data }: Draft): Record<string, unknown> {
  return { specversion: '1.0', id, source, type, time, data }
}

/** Requests over several epochs, some of whose events repeat an earlier one word for word. */
export function requests(draft: fc.Arbitrary<Draft>, maxRequests = 8): fc.Arbitrary<readonly Request[]> {
  const wait = fc.constantFrom(0, 0, 1, 60_000, 1_900_000, 3_600_000, 9_000_000)
  const entry = fc.record({ draft, repeats: fc.option(fc.nat(40), { freq: 3 }) })
  const request = fc.record({ wait, entries: fc.array(entry, { minLength: 1, maxLength: 8 }) })
  return fc.array(request, { minLength: 1, maxLength: maxRequests }).map(all => {
    const sent: Draft[] = []
    return all.map(({ wait, entries }) => ({
      wait,
      drafts: entries.map(({ draft, repeats }) => {
        const chosen = repeats === null ? draft : (sent[repeats % Math.max(sent.length, 1)] ?? draft)
        sent.push(chosen)
        return chosen
      }),
    }))
  })
}

const envelope = {
  id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'A', 'é', 'e\u0301', '\u0000', 'a|b', '😀'),
  source: fc.constantFrom('urn:one', 'urn:one', 'urn:two'),
}

/**
 * Event times: now, at window edges, years late, hours early, before 1970; with offsets and digits nobody can
 * keep.
 */
const time: fc.Arbitrary<string> = fc
  .record({
    base: fc.constantFrom(
      ...[CLOCK.start, CLOCK.start, CLOCK.start - 1, CLOCK.start + 86_400_000 * 3],
      ...[Date.UTC(2001, 0, 1), Date.UTC(1969, 11, 31, 23, 59, 59, 999), -1, 0, Date.UTC(1900, 1, 28)],
    ),
    jitter: fc.constantFrom(0, 1, 999, 59_999, 60_000, 3_599_999, 86_399_999),
    digits: fc.constantFrom('', '', '9', '999999'),
    offset: fc.constantFrom('Z', 'Z', '+00:00', '-00:00', '+05:45', '-23:59', '+14:00'),
  })
  .map(({ base, jitter, digits, offset }) => {
    const shift = offset === 'Z' ? 0 : minutesOf(offset) * 60_000
    return `${new Date(base + jitter + shift).toISOString().slice(0, -1)}${digits}${offset}`
  })

function minutesOf(offset: string): number {
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4))
  return offset.startsWith('-') ? -minutes : minutes
}

/** Numbers at which decimals, doubles and rounding differ, within DECIMAL(18, 6). */
export const hostileNumber: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(0, -0, 1e-7, 5e-7, -5e-7, 4.9999999999e-7, 1.5e-6, 2.5e-6, -0.0000015, 1.0000005, 0.1, 0.7),
  fc.constantFrom(999_999_999_999, -999_999_999_999, 999_999_999_998.9999, 9007199254.740993, 1e9 + 0.1),
  fc.double({ min: -999_999_999_999, max: 999_999_999_999, noNaN: true }),
  fc.integer({ min: -2000, max: 2000 }).map(n => n / 10),
)

export const hostileInteger: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(0, -0, 1, 999, 1000, 1001, -999, -1000, 2 ** 53 - 1, -(2 ** 53 - 1), 2 ** 53 - 2),
  fc.integer({ min: -5, max: 5 }),
  fc.maxSafeInteger(),
)

/** Text that quoting, escaping, trimming, collation or a C string would change. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      ...['', 'null', 'true', '0', '"', '\\', "'", '\n', '\t', '\u0000', 'a\u0000b', '\u001f', '\u007f'],
      ...[
        '\ufeff',
        'a\ufeff',
        '\u2028',
        '😀',
        '\uffff',
        '\u{10ffff}',
        'é',
        'e\u0301',
        'a|b',
        '{}',
        '#',
        ' a ',
      ],
    ),
  },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
  { weight: 1, arbitrary: fc.constantFrom('x'.repeat(2_100), '字'.repeat(1_000), '"'.repeat(700)) },
)

const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { freq: 4 })

const inner = fc.record(
  { tag: orNull(fc.oneof(fc.constantFrom('', 't'), hostileText)), flag: orNull(fc.boolean()) },
  { requiredKeys: [] },
)

const hostileData = fc.record(
  {
    key: orNull(fc.oneof(fc.constantFrom('k1', 'k2', 'k3'), hostileText)),
    constructor: orNull(fc.oneof(fc.constantFrom('a', '', 'z'), hostileText)),
    deep: orNull(fc.record({ inner }, { requiredKeys: [] })),
    amount: orNull(hostileNumber),
    price: fc.integer({ min: -100_000_000, max: 100_000_000 }).map(cents => cents / 100),
    big: orNull(hostileInteger),
    at: orNull(time),
  },
  { requiredKeys: ['key', 'price'] },
)

const plainData = fc.record(
  {
    zone: fc.integer({ min: -3, max: 4 }),
    ratio: orNull(
      fc.oneof(
        fc.constantFrom(0, 1e-15, -1e-15, 0.1, 0.3, 99.123456789012, 100, -100),
        fc.integer({ min: -100_000, max: 100_000 }).map(n => n / 1000),
      ),
    ),
    state: fc.constantFrom('on', 'off', null),
  },
  { requiredKeys: ['zone'] },
)

/** Events of `test/fixtures/pipeline`, by type. */
export const hostileDrafts: readonly fc.Arbitrary<Draft>[] = [
  draftOf('org.example.hostile', hostileData),
  draftOf('org.example.plain', plainData),
]

export const hostileDraft: fc.Arbitrary<Draft> = fc.oneof(
  { weight: 4, arbitrary: hostileDrafts[0]! },
  { weight: 1, arbitrary: hostileDrafts[1]! },
)

const few = fc.integer({ min: 1, max: 4 })
const location = fc.record({
  longitude: fc.double({ min: -180, max: 180, noNaN: true }),
  latitude: fc.double({ min: -90, max: 90, noNaN: true }),
})

const trip = fc.record({
  hoverboard_id: few,
  customer_id: fc.integer({ min: 1, max: 9 }),
  trip_duration: fc.oneof(
    fc.integer({ min: 0, max: 9000 }).map(n => n / 100),
    hostileNumber,
  ),
  start_location: location,
  end_location: location,
  start_time_and_date: orNull(time),
  end_time_and_date: time,
})

const hoverboard = fc.record({
  id: few,
  elevation: hostileNumber,
  temperature: orNull(hostileNumber),
  humidity: hostileNumber,
  charge: hostileNumber,
  speed: hostileNumber,
  weight: hostileNumber,
  acceleration: hostileNumber,
  magnetic_field: hostileNumber,
  location,
  is_docked: fc.boolean(),
})

const customer = fc.record({
  id: hostileInteger,
  customer_name: fc.record({
    first_name: fc.string({ maxLength: 10 }),
    last_name: fc.string({ maxLength: 10 }),
  }),
  customer_email: fc.constantFrom('a@example.org', 'b@example.org'),
  customer_location: location,
})

const airport = fc.constantFrom('JFK', 'LAX', 'ORD', 'KJFK')
const flight = fc.record({
  origin: airport,
  destination: airport,
  distance: fc.integer({ min: 0, max: 5000 }),
  delay: fc.oneof(fc.integer({ min: -90, max: 1500 }), hostileInteger),
})

/** Events of the sample pipeline, by type. */
export const sampleDrafts: readonly fc.Arbitrary<Draft>[] = [
  draftOf('com.tributary.trip', trip),
  draftOf('com.tributary.hoverboard', hoverboard),
  draftOf('com.tributary.customer', customer),
  draftOf('com.tributary.flight', flight),
]

export const sampleDraft: fc.Arbitrary<Draft> = fc.oneof(...sampleDrafts)

function draftOf(type: string, data: fc.Arbitrary<Record<string, unknown>>): fc.Arbitrary<Draft> {
  return fc.record({ ...envelope, type: fc.constant(type), time, data })
}
