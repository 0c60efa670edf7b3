import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createEventReader, type ServerEvent } from '../../../core/follow/server-events.ts'
import { chartLines } from '../../../local/cli/following/chart.ts'
import { type Answer, afterEvent } from '../../../local/cli/following/followed.ts'
import { runCommand } from '../../../local/cli/program.ts'
import { sink } from '../text-sink.ts'

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

const event = (name: string, data: object, id = 'q-1') =>
  `id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`
const row = (window: string, trips: number) => ({
  window: `2026-01-31T${window}:00:00Z`,
  group: {},
  values: { trips },
})
const answer = (...rows: ReturnType<typeof row>[]): Answer => ({
  ...{ metric: 'trips_hourly', window: 'hour', rows },
  provenance: { boundary: '2026-01-31T09:00:00Z', run: 'r1', asOf: '2026-01-31T12:00:00Z', lagMs: 3 },
})

/** A platform that answers each call as a test says. */
async function platform(answers: readonly ((response: ServerResponse, url: string) => void)[]) {
  const asked: { readonly url: string; readonly lastId: string | undefined }[] = []
  const server = createServer(({ url = '', headers }, response) => {
    asked.push({ url, lastId: headers['last-event-id'] as string | undefined })
    const isStream = url.includes('/stream')
    response.writeHead(200, { 'content-type': isStream ? 'text/event-stream' : 'application/json' })
    ;(answers[asked.length - 1] ?? (() => undefined))(response, url)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

/** A command that goes on until it is stopped as by Ctrl-C. */
function begin(url: string, args: readonly string[], isTTY = false) {
  const [output, errors, stop] = [sink(isTTY), sink(), new AbortController()]
  const code = runCommand(args, {
    variables: { TRIBUTARY_URL: url, TRIBUTARY_KEY: 'a' },
    input: Readable.from([]),
    output: output.stream,
    errors: errors.stream,
    signal: stop.signal,
  })
  return { code, output: output.text, errors: errors.text, stop: () => stop.abort() }
}

const listed = (id: string, more = {}) => ({
  ...{
    verdict: 'accepted',
    receipt: `r-${id}`,
    receivedAt: '2026-01-31T12:00:00.000Z',
    type: 'com.example.order',
    id,
  },
  ...{
    source: '/shop',
    time: '2026-01-31T12:00:00.000Z',
    isSettled: true,
    values: { amount: 5 },
    masked: [],
    ...more,
  },
})
const told = (...events: object[]) => event('events', { events, leftOut: 0, skipped: 0 })

describe('tributary tail', () => {
  test('shows events of a filter as they come, a rejected one with its reason, and ends cleanly', async () => {
    const { url, asked } = await platform([
      response =>
        response.write(
          told(
            listed('a'),
            listed('b', { verdict: 'rejected', code: 'out_of_range', detail: 'amount\u001b[2J' }),
          ),
        ),
    ])
    const command = begin(url, ['tail', '--type', 'com.example.order', '--where', 'country=DE'])
    await vi.waitFor(() => expect(command.output()).toContain('b  out'))
    command.stop()
    expect(await command.code).toBe(0)
    expect(asked[0]!.url).toBe('/v1/events/stream?type=com.example.order&where.country=DE')
    expect(command.output()).toBe(
      '2026-01-31T12:00:00.000Z  accepted   com.example.order  a  {"amount":5}\n' +
        '2026-01-31T12:00:00.000Z  rejected   com.example.order  b  out_of_range: amount\\u001b[2J\n',
    )
  })

  test('connects again where it is cut off, lists what was missed, each once, and ends after so many', async () => {
    const { url, asked } = await platform([
      response => response.end(told(listed('a'))),
      response => response.write(told()),
      response => response.end(JSON.stringify({ events: [listed('b'), listed('a')], next: null, since: '' })),
      response => response.write(told(listed('b'), listed('c'))),
    ])
    const command = begin(url, ['tail', '--json', '--limit', '2'])
    expect(await command.code).toBe(0)
    const ids = command
      .output()
      .trim()
      .split('\n')
      .map(line => (JSON.parse(line) as { id: string }).id)
    expect(ids).toEqual(['a', 'b'])
    expect(asked.map(one => one.url.split('?')[0])).toEqual([
      ...['/v1/events/stream', '/v1/events/stream', '/v1/events'],
    ])
    expect(command.errors()).toMatch(/is lost; connecting again\nconnected again\n$/)
  })

  test('a platform that is not there, and a number that is none, are told at once', async () => {
    const nobody = begin('http://127.0.0.1:9', ['tail'])
    expect([await nobody.code, nobody.errors()]).toEqual([1, expect.stringContaining('does not answer')])
    const wrong = begin('http://127.0.0.1:9', ['tail', '--limit', 'ten'])
    expect([await wrong.code, wrong.errors()]).toEqual([2, expect.stringContaining('--limit "ten"')])
  })
})

describe('tributary query --watch', () => {
  test('goes on from the last event after a lost connection; not on a terminal it prints what changed', async () => {
    const { url, asked } = await platform([
      response => response.end(event('snapshot', answer(row('09', 2), row('10', 3)), 'q-7')),
      response =>
        response.write(
          event(
            'change',
            { rows: [{ ...row('10', 4), at: 1 }], removed: [], provenance: answer().provenance },
            'q-8',
          ),
        ),
    ])
    const command = begin(url, ['query', 'trips_hourly', '--watch', '--by', ''])
    await vi.waitFor(() => expect(command.output()).toContain('trips=4'), 3000)
    command.stop()
    expect(await command.code).toBe(0)
    expect(asked.map(({ lastId }) => lastId)).toEqual([undefined, 'q-7'])
    expect(command.output()).toBe(
      '2026-01-31T09:00:00Z  trips=2\n2026-01-31T10:00:00Z  trips=3\n' +
        'exact through epoch 2026-01-31T09:00:00Z│live after it, 3 ms behind\n' +
        '2026-01-31T10:00:00Z  trips=4\n',
    )
    expect(command.output()).not.toMatch(/\u001b/)
  })

  test('the end that the platform gives a reason for ends the command with it', async () => {
    const { url } = await platform([
      response => response.write(event('end', { status: 403, detail: 'the key was revoked' })),
    ])
    const command = begin(url, ['query', 'trips_hourly', '--watch'])
    expect([await command.code, command.errors()]).toEqual([
      1,
      expect.stringContaining('the key was revoked'),
    ])
  })

  test('a terminal gets a chart that is drawn over, and a measure that is not there is refused', async () => {
    const { url } = await platform([response => response.write(event('snapshot', answer(row('09', 2))))])
    const command = begin(url, ['query', 'trips_hourly', '--watch'], true)
    await vi.waitFor(() => expect(command.output()).toContain('█  2'))
    command.stop()
    expect(await command.code).toBe(0)
    const other = await platform([response => response.write(event('snapshot', answer(row('09', 2))))])
    const wrong = begin(other.url, ['query', 'trips_hourly', '--watch', '--measure', 'riders'], true)
    expect([await wrong.code, wrong.errors()]).toEqual([2, expect.stringContaining('is none of trips')])
  })
})

test('a chart has no gap, marks where live numbers begin, and is as wide as its terminal', () => {
  const lines = chartLines(answer(row('08', 1), row('09', 8), row('11', 4)), 'trips', 80)
  expect(lines).toEqual([
    'trips_hourly: trips a hour, 2026-01-31T08:00:00Z … 2026-01-31T11:00:00Z',
    ' ▂█│ ▅  4  (largest 8)',
    'exact through epoch 2026-01-31T09:00:00Z│live after it, 3 ms behind',
  ])
  const many = answer(...Array.from({ length: 24 }, (_, hour) => row(String(hour).padStart(2, '0'), hour)))
  expect(chartLines(many, 'trips', 50)[1]!.length).toBeLessThan(50)
  expect(chartLines(answer(), 'trips', 80)[0]).toBe('trips_hourly: trips a hour, no rows')
})

test('changes put rows in their places, and events that come in pieces are read whole', () => {
  const before = afterEvent(undefined, {
    name: 'snapshot',
    data: JSON.stringify(answer(row('09', 2), row('11', 3))),
    id: 'q-1',
  })
  const change = {
    rows: [
      { ...row('08', 1), at: 0 },
      { ...row('10', 9), at: 2 },
    ],
    removed: [row('11', 3)],
    provenance: answer().provenance,
  }
  const after = afterEvent(before, { name: 'change', data: JSON.stringify(change), id: 'q-2' })
  expect(after!.rows).toEqual([row('08', 1), row('09', 2), row('10', 9)])
  const read: ServerEvent[] = []
  const reader = createEventReader(one => read.push(one))
  for (const piece of `: still here\n\n${event('change', { a: 1 })}`.match(/.{1,3}/gs)!) reader(piece)
  expect(read).toEqual([{ name: 'change', data: '{"a":1}', id: 'q-1' }])
})
