import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type AlertRecord, newRecord, type Transition } from '../../../core/alerts/alert-record.ts'
import { announce } from '../../../core/alerts/announce.ts'
import { isBreach } from '../../../core/alerts/breach.ts'
import { judgeWindow, type WindowNumbers } from '../../../core/alerts/judge-window.ts'
import { absence, change, threshold } from '../../../core/declare/alerts/conditions.ts'

const MINUTE = 60_000
const ALERT = { name: 'busy', digest: 'd' }

/** Windows one after the other, each with the number of every group that has events. */
function numbersOf(windows: readonly Readonly<Record<string, number>>[]): WindowNumbers[] {
  return windows.map((values, i) => ({
    ...{ start: i * MINUTE, end: (i + 1) * MINUTE, empty: 0 },
    values: new Map(Object.entries(values)),
    before: new Map(Object.entries(windows[i - 1] ?? {})),
  }))
}

type Judging = Parameters<typeof judgeWindow>[0]

function judgeAll(alert: Judging, windows: readonly WindowNumbers[], isSilent = (_at: number) => false) {
  let record: AlertRecord = newRecord(ALERT, 0)
  const transitions: Transition[] = []
  const said: { kind: string; group: string; window: number }[] = []
  for (const window of windows) {
    const silence = isSilent(window.end) ? { until: Infinity, by: 'me', why: 'test', at: 0 } : undefined
    const before = { ...record, silence }
    const judged = judgeWindow(alert, before, window)
    const announced = announce(before, judged, window, window.end)
    transitions.push(...judged.transitions)
    said.push(...announced.announcements)
    record = announced.record
  }
  return { record, transitions, said }
}

const alone = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 40 })
const grouped = fc.array(
  fc.dictionary(fc.constantFrom('{"a":1}', '{"a":2}', '{"a":3}'), fc.integer({ min: 0, max: 4 })),
  { maxLength: 40 },
)
const inRow = fc.integer({ min: 1, max: 4 })
const above2 = { by: [], most: 10, when: threshold('n', { above: 2 }) }

describe('a group', () => {
  test('fires at the window that makes so many in a row, and is resolved by the first that is not of concern', () => {
    fc.assert(
      fc.property(alone, inRow, (values, n) => {
        const windows = numbersOf(values.map(value => ({ '{}': value })))
        const expected: [string, number][] = []
        let run = 0
        for (const [i, value] of values.entries()) {
          const was = run
          run = value > 2 ? run + 1 : 0
          if (run === 1 && n > 1) expected.push(['pending', i])
          if (run === n) expected.push(['firing', i])
          if (run === 0 && was >= n) expected.push(['resolved', i])
          if (run === 0 && was > 0 && was < n) expected.push(['calm', i])
        }
        const { transitions } = judgeAll({ ...above2, inRow: n }, windows)
        expect(transitions.map(({ kind, window }) => [kind, window / MINUTE])).toEqual(expected)
      }),
    )
  })

  test('is announced once for each time that it fires, and once when that is over, in turns', () => {
    fc.assert(
      fc.property(grouped, inRow, fc.func(fc.boolean()), (values, n, isSilent) => {
        const alert = { ...above2, by: ['a'], inRow: n }
        const { said, transitions } = judgeAll(alert, numbersOf(values), isSilent)
        for (const group of new Set(said.map(one => one.group))) {
          const own = said.filter(one => one.group === group).map(({ kind }) => kind)
          expect(own).toEqual(own.map((_, i) => (i % 2 === 0 ? 'firing' : 'resolved')))
        }
        const fired = transitions.filter(({ kind }) => kind === 'firing').length
        expect(said.filter(({ kind }) => kind === 'firing').length).toBeLessThanOrEqual(fired)
      }),
    )
  })

  test('that nobody silences is announced exactly when it fires and when it is resolved', () => {
    fc.assert(
      fc.property(grouped, inRow, (values, n) => {
        const { said, transitions } = judgeAll({ ...above2, by: ['a'], inRow: n }, numbersOf(values))
        const shown = (all: readonly { kind: string; group: string; window: number }[]) =>
          all.map(({ kind, group, window }) => `${window} ${group} ${kind}`).sort()
        const told = transitions.filter(({ kind }) => kind === 'firing' || kind === 'resolved')
        expect(shown(said)).toEqual(shown(told))
      }),
    )
  })

  test('is judged by itself: other groups change nothing of it', () => {
    fc.assert(
      fc.property(grouped, inRow, (values, n) => {
        const alert = { ...above2, by: ['a'], inRow: n }
        const one = '{"a":2}'
        const only = values.map(window => (one in window ? { [one]: window[one]! } : {}))
        const of = (all: readonly Transition[]) => all.filter(({ group }) => group === one)
        expect(of(judgeAll(alert, numbersOf(values)).transitions)).toEqual(
          of(judgeAll(alert, numbersOf(only)).transitions),
        )
      }),
    )
  })

  test('is known while it is of concern; no more groups are than the alert judges, and the rest is counted', () => {
    fc.assert(
      fc.property(grouped, fc.integer({ min: 1, max: 3 }), (values, most) => {
        const { record } = judgeAll({ ...above2, by: ['a'], most, inRow: 1 }, numbersOf(values))
        expect(record.groups.length).toBeLessThanOrEqual(most)
        const last = Object.keys(values.at(-1) ?? {}).length
        expect(record.leftOut).toBeGreaterThanOrEqual(Math.max(0, last - most))
      }),
    )
  })
})

describe('absence', () => {
  test('of a group fires for a group that was seen, in each window that lacks it, and ends when it is back', () => {
    const windows = numbersOf([{ '{"a":1}': 1, '{"a":2}': 1 }, { '{"a":1}': 1 }, {}, { '{"a":2}': 1 }])
    const { transitions } = judgeAll({ by: ['a'], most: 10, inRow: 1, when: absence() }, windows)
    expect(transitions.map(({ kind, group, window }) => [window / MINUTE, group, kind])).toEqual([
      [1, '{"a":2}', 'firing'],
      [2, '{"a":1}', 'firing'],
      [3, '{"a":2}', 'resolved'],
    ])
  })

  test('of everything fires without a group that was ever seen', () => {
    const { transitions } = judgeAll({ by: [], most: 1, inRow: 2, when: absence() }, numbersOf([{}, {}]))
    expect(transitions.map(({ kind }) => kind)).toEqual(['pending', 'firing'])
  })

  test('of a group for a thousand windows ends it: it is forgotten, and that is said', () => {
    const windows = numbersOf([{ '{"a":1}': 1 }, ...Array.from({ length: 1000 }, () => ({}))])
    const { transitions, said, record } = judgeAll(
      { by: ['a'], most: 10, inRow: 1, when: absence() },
      windows,
    )
    expect(transitions.map(({ kind, reason }) => [kind, reason])).toEqual([
      ['firing', undefined],
      ['resolved', 'forgotten'],
    ])
    expect(said.length).toBe(2)
    expect(record.groups).toEqual([])
  })
})

test('a group that falls below a bound by having no events fires, though it is in no row any more', () => {
  const windows = numbersOf([{ '{"a":1}': 5 }, {}])
  const when = threshold('n', { below: 1 })
  const { transitions } = judgeAll({ by: ['a'], most: 10, inRow: 1, when }, windows)
  expect(transitions.map(({ kind, value }) => [kind, value])).toEqual([['firing', 0]])
})

test.each([
  ['above, beyond it', threshold('n', { above: 2 }), { value: 3, before: null }, true],
  ['above, at it', threshold('n', { above: 2 }), { value: 2, before: null }, false],
  ['below, beyond it', threshold('n', { below: 2 }), { value: 1, before: null }, true],
  ['a number that is not there', threshold('n', { below: 2 }), { value: null, before: null }, false],
  [
    'half as much',
    change('n', { against: 'previous', ratio: { below: 0.6 } }),
    { value: 5, before: 10 },
    true,
  ],
  [
    'nearly as much',
    change('n', { against: 'previous', ratio: { below: 0.6 } }),
    { value: 6, before: 10 },
    false,
  ],
  [
    'a ratio to nothing',
    change('n', { against: 'previous', ratio: { above: 1 } }),
    { value: 6, before: 0 },
    false,
  ],
  ['ten more', change('n', { against: 'day', difference: { above: 9 } }), { value: 20, before: 10 }, true],
  ['ten less', change('n', { against: 'day', difference: { below: -9 } }), { value: 0, before: 10 }, true],
  [
    'more than nothing',
    change('n', { against: 'day', difference: { above: 1 } }),
    { value: 2, before: null },
    false,
  ],
] as const)('%s', (_, when, seen, expected) => {
  expect(isBreach(when, { isThere: true, ...seen })).toBe(expected)
})
