import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { printReport } from '../../local/cli/print-report.ts'

const TYPES = ['com.example.bus', 'com.example.order', 'com.example.ride', 'com.example.stop']
const numbers = { raw: 103, curated: 100, duplicates: 3, redelivered: 0 }

/** What an epoch of four types reports; `differing` has other numbers in one layer. */
function epoch(differing?: string) {
  const problems = (type: string) => (type === differing ? ['accepted 104 ≠ raw 103'] : [])
  const metrics = {
    'rides.1f': differing === undefined ? 'not kept any more' : { compared: 9, different: 2, mismatches: [] },
  }
  const types = TYPES.map(type => [type, { ...numbers, accepted: 103, problems: problems(type) }])
  return {
    refined: Object.fromEntries(TYPES.map(type => [type, numbers])),
    partials: { 'rides.1f': 9 },
    changed: { 'rides.1f': 2, 'orders.2e': 0 },
    reconciliation: { ok: differing === undefined, types: Object.fromEntries(types), metrics },
  }
}

function epochs(n: number, differingAt = -1) {
  const name = (i: number) => `202601${String(i + 1).padStart(2, '0')}T000000Z`
  const all = Array.from({ length: n }, (_, i) => [name(i), epoch(i === differingAt ? TYPES[2] : undefined)])
  return Object.fromEntries(all) as Readonly<Record<string, object>>
}

function printed(report: Readonly<Record<string, unknown>>): readonly string[] {
  const output = new PassThrough()
  const { signal } = new AbortController()
  printReport({ variables: {}, input: new PassThrough(), output, errors: output, signal }, report)
  return String(output.read() ?? '')
    .trimEnd()
    .split('\n')
}

test('a report of many epochs is a screen of lines, with totals and what the comparison found', () => {
  const range = { from: '2026-01-01T00:00:00Z', to: '2026-01-28T00:00:00Z' }
  const lines = printed({ range, epochs: epochs(27) })
  expect(lines).toHaveLength(26)
  expect(lines.slice(0, 3)).toEqual([
    `  range: ${JSON.stringify(range)}`,
    '  epoch             type               accepted  rejected  raw  duplicates  curated  speed  warehouse  differs',
    '  20260101T000000Z  com.example.bus    103                 103  3           100',
  ])
  expect(lines.slice(-4)).toEqual([
    '  … and 88 more (--json)',
    '  27 epochs, 4 types: 10800 events, 324 duplicates',
    '  changed: rides.1f 54',
    '  reconciliation: 27 of 27 epochs compared, nothing differs',
  ])
})

test('what differs comes first, wherever it is, and is in the verdict', () => {
  const lines = printed({ epochs: epochs(27, 25) })
  expect(lines[1]).toMatch(/20260126T000000Z +com\.example\.ride +103 +103 +3 +100 +accepted 104 ≠ raw 103$/)
  expect(lines[2]).toMatch(/20260126T000000Z .*rides\.1f: 2 of 9 keys$/)
  expect(lines.at(-1)).toBe('  reconciliation: differs in 1 of 27 epochs; --json has the keys and both cells')
})

test('what was rejected, and what the warehouse has, stand beside the layers, and a table that differs is said', () => {
  const said = {
    rejected: { 'com.example.bus': 2, 'no contract': 1 },
    warehouse: {
      'com.example.bus': { rows: 100, curated: 100, problems: [] },
      'com.example.order': { rows: 99, curated: 100, problems: ['warehouse 99 ≠ curated 100'] },
    },
  }
  const lines = printed({ epochs: { '20260101T000000Z': { ...epoch(), ...said } } })
  expect(lines[1]).toMatch(/com\.example\.order +103 +103 +3 +100 +99 +warehouse 99 ≠ curated 100$/)
  expect(lines[2]).toMatch(/com\.example\.bus +103 +2 +103 +3 +100 +100$/)
  expect(lines.some(line => /no contract +1$/.test(line))).toBe(true)
  expect(lines).toContain('  1 epochs, 5 types: 400 events, 12 duplicates, 3 rejected')
})

test('a report without epochs is what it was, cut where it is long', () => {
  expect(printed({ delivery: { month: '2026-01' } })).toEqual(['  delivery: {"month":"2026-01"}'])
  const [first = '', second] = printed({ held: { 'rides.1f': 'x'.repeat(9000), 'orders.2e': 'y' } })
  expect(first).toMatch(/^ {2}held: rides\.1f "x+… \(--json\)$/)
  expect(first.length).toBeLessThan(350)
  expect(second).toBe('  held: orders.2e "y"')
})

test('an epoch in which nothing was compared is not said to agree', () => {
  const { reconciliation: _, ...rest } = epoch()
  expect(printed({ epochs: { '20260101T000000Z': rest } }).at(-1)).toBe(
    '  reconciliation: nothing was compared',
  )
})
