import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { TributaryError } from '../../../core/errors.ts'
import { createFailureReports } from '../../../local/telling/failure-reports.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

type Line = { readonly fields: Readonly<Record<string, unknown>>; readonly text: string }

function reports() {
  const lines: Line[] = []
  const error = (fields: unknown, text?: string) => void lines.push({ fields: fields as never, text: text! })
  return { lines, ...createFailureReports({ error }) }
}

const full = () => new TributaryError('overloaded', 'the disk of the platform is full')

test('a failure is logged at once, with its route and its remedy', () => {
  const { lines, report, stop } = reports()
  report(full(), 'POST /v1/events')
  expect(lines).toMatchObject([
    {
      text: 'the disk of the platform is full',
      fields: { route: 'POST /v1/events', remedy: expect.stringMatching(/senders repeat it/) },
    },
  ])
  stop()
})

test('a failure that comes with every request is one line, and after five minutes another with how often', () => {
  const { lines, report, stop } = reports()
  for (let n = 0; n < 10_000; n++) report(full(), 'POST /v1/events')
  expect(lines).toHaveLength(1)
  vi.advanceTimersByTime(330_000)
  expect(lines).toHaveLength(2)
  expect(lines[1]!.fields).toMatchObject({ times: 9999 })
  vi.advanceTimersByTime(3_600_000)
  expect(lines).toHaveLength(2)
  report(full(), 'POST /v1/events')
  expect(lines).toHaveLength(3)
  stop()
})

test('another failure, another route and another code are told beside it', () => {
  const { lines, report, stop } = reports()
  report(full(), 'POST /v1/events')
  report(full(), 'POST /v1/runs')
  report(new TributaryError('unavailable', 'the disk of the platform is full'), 'POST /v1/events')
  report(new TributaryError('overloaded', 'too many requests are in flight'), 'POST /v1/events')
  expect(lines).toHaveLength(4)
  stop()
})

test('what differs in numbers and ids alone is of one kind', () => {
  const { lines, report, stop } = reports()
  for (const run of ['20261121T115500123Z-1f9a0c3e', '20261121T115600123Z-7c1c0c3e'])
    report(new TributaryError('internal', `run ${run} of batch failed: after 17${run.length} ms`))
  expect(lines).toHaveLength(1)
  stop()
  expect(lines).toHaveLength(2)
})

test('memory is bounded, and what was not said is said when a kind is forgotten or the platform ends', () => {
  const { lines, report, stop } = reports()
  const letters = (n: number) => n.toString().replaceAll(/\d/g, digit => 'abcdefghij'[Number(digit)]!)
  for (let n = 0; n < 1000; n++) {
    report(new TributaryError('internal', letters(n)))
    report(new TributaryError('internal', letters(n)))
  }
  expect(lines).toHaveLength(1000 + 800)
  stop()
  expect(lines).toHaveLength(2000)
})
