import { givenInstant } from '../../core/data/given-instant.ts'
import { formatInstant } from '../../core/data/time.ts'
import type { Pipeline } from '../../core/declare/pipeline.ts'
import { compareLayers, compareRejections, compareRows } from './compare.ts'
import { expectedMetrics, expectedRejections } from './expected.ts'
import { listAt, objectAt, refuseUnknown, shown } from './members.ts'
import type { Failure, TestKind, TestPorts } from './test-case.ts'
import { openTestWorld, type TestWorld, type Told } from './world.ts'

/** Events that are received at one moment, as one request. */
type Request = { readonly at: number; readonly events: readonly object[] }

/** Far more than somebody writes by hand. */
const MOST_EVENTS = 10_000
/** Where no event says when it was. */
const BEGINNING = Date.UTC(2026, 0, 1)

/**
 * A test of events and numbers: `events` are received one after the other, and `expect` says what the layers
 * show of them, each by itself, and which events are rejected.
 */
export const EVENTS_TEST: TestKind = {
  keys: ['events', 'expect'],
  read(value, pipeline) {
    const requests = requestsOf(listAt(value['events'], '"events"'))
    const expect = expectationsOf(objectAt(value['expect'], '"expect"'), pipeline)
    return ports => run(ports, requests, expect)
  },
}

type Expectations = ReturnType<typeof expectationsOf>

function expectationsOf(value: Readonly<Record<string, unknown>>, pipeline: Pipeline) {
  refuseUnknown(value, ['metrics', 'rejected', 'duplicates'], 'expect: ')
  const { duplicates } = value
  if (duplicates !== undefined && !Number.isSafeInteger(duplicates))
    throw new Error(`expect.duplicates is ${shown(duplicates)}, and has to be a number of events`)
  return {
    metrics: expectedMetrics(value['metrics'], pipeline),
    rejected: expectedRejections(value['rejected']),
    duplicates: duplicates as number | undefined,
  }
}

async function run(
  { pipeline, settings, folder }: TestPorts,
  requests: readonly Request[],
  expect: Expectations,
): Promise<readonly Failure[]> {
  const world = await openTestWorld(pipeline, settings, folder)
  try {
    const rejected: Told[] = []
    for (const { events, at } of requests) rejected.push(...(await world.receive(events, at)).rejected)
    const failures = [...compareRejections(expect.rejected, rejected)]
    const speed = { duplicates: await world.applyAll(), rows: await rowsOf(world, pipeline, expect, 'speed') }
    const { duplicates } = await world.runBatch()
    const batch = { duplicates, rows: await rowsOf(world, pipeline, expect, 'batch') }
    for (const [at, expected] of expect.metrics.entries())
      failures.push(...compareRows(expected, { speed: speed.rows.asked[at]!, batch: batch.rows.asked[at]! }))
    for (const [at, { name }] of pipeline.metrics.entries())
      failures.push(...compareLayers(name, speed.rows.all[at]!, batch.rows.all[at]!))
    return [...failures, ...compareDuplicates(expect.duplicates, speed.duplicates, batch.duplicates)]
  } finally {
    await world.close()
  }
}

/** Rows of what a test asks for, and of every metric as it is declared. */
async function rowsOf(
  { queryMetric }: TestWorld,
  { metrics }: Pipeline,
  expect: Expectations,
  layer: 'speed' | 'batch',
) {
  const rows = async (query: Pick<Parameters<typeof queryMetric>[0], 'name' | 'window' | 'by'>) =>
    (await queryMetric({ ...query, where: {}, layer })).rows
  return {
    asked: await Promise.all(
      expect.metrics.map(({ metric, window, by }) => rows({ name: metric, window, by })),
    ),
    all: await Promise.all(metrics.map(({ name }) => rows({ name }))),
  }
}

function compareDuplicates(expected: number | undefined, speed: number, batch: number): readonly Failure[] {
  if (speed !== batch) return [`duplicates: the layers disagree: speed ${speed}, batch ${batch}`]
  return expected === undefined || expected === speed
    ? []
    : [`duplicates: got ${speed}, expected ${expected}`]
}

/**
 * When each event is received: when it happens by its own time, and not before the one that stands before it;
 * or at `received`, from which on time passes.
 */
function requestsOf(values: readonly unknown[]): readonly Request[] {
  if (values.length > MOST_EVENTS)
    throw new Error(`"events" are more than ${MOST_EVENTS}; make it several tests`)
  const requests: { at: number; events: object[] }[] = []
  let clock: number | undefined
  for (const [at, value] of values.entries()) {
    const { received, ...event } = objectAt(value, `event ${at + 1}`)
    clock = receivedAt(clock, received, event['time'], `event ${at + 1}`)
    const last = requests.at(-1)
    const complete = { specversion: '1.0', id: `event-${at + 1}`, source: '/tests', ...event }
    if (last?.at === clock) last.events.push(complete)
    else requests.push({ at: clock, events: [complete] })
  }
  return requests
}

function receivedAt(clock: number | undefined, received: unknown, time: unknown, where: string): number {
  if (received === undefined) {
    const own = typeof time === 'string' ? givenInstant(time) : undefined
    return Math.max(clock ?? own ?? BEGINNING, own ?? 0)
  }
  const at = typeof received === 'string' ? givenInstant(received) : undefined
  if (at === undefined)
    throw new Error(
      `${where}: "received" is ${shown(received)}; give an instant such as 2026-01-31T12:10:00Z`,
    )
  if (clock !== undefined && at < clock)
    throw new Error(
      `${where}: "received" is before ${formatInstant(clock)}, when the event before it came; put it first`,
    )
  return at
}
