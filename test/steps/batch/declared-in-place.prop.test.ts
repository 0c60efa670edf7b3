import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkedId } from '../../../core/declare/changes/seen-ids.ts'
import {
  count,
  distinct,
  first,
  last,
  type Measure,
  max,
  stddev,
  sum,
} from '../../../core/declare/measures.ts'
import { defineMetric, type MetricDeclaration } from '../../../core/declare/metric.ts'
import { compileAcceptor } from '../../../core/event/accept.ts'
import { createAjvValidators } from '../../../drivers/validators/ajv.ts'
import {
  createWorld,
  EPOCH,
  expectedViews,
  pipelineOf,
  type SentEvent,
  T0,
  visibleState,
  type World,
} from './batch-kit.ts'
import { portsOf, runBatch } from './batch-run.ts'
import { contract, event, FIELDS, type, VALUES } from './undeclared-kit.ts'

const RUNS = Number(process.env['RUNS'] ?? 8)

const DAYS = fc.constantFrom(
  '2026-01-31',
  '2026-02-30',
  '0001-01-01',
  '9999-12-31',
  '0000-06-01',
  '26-1-1',
  '',
)
const TIMES = fc.constantFrom(
  'T12:00:00',
  't23:59:59.9999999',
  'T24:00:00',
  'T12:00:60',
  ' 12:00:00',
  'T12:00',
  '',
)
const ZONES = fc.constantFrom('Z', 'z', '+16:00', '-23:59', '+24:00', '+0100', '+01', '', ' UTC')

/** What senders may have put under a name that nobody had declared. */
const stored = fc.oneof(
  fc.constantFrom(...VALUES),
  fc.jsonValue({ maxDepth: 2 }),
  fc.oneof(
    fc.maxSafeInteger(),
    fc.integer({ min: -3, max: 3 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  ),
  fc.oneof(fc.maxSafeInteger(), fc.double({ noNaN: true })).map(String),
  fc.tuple(DAYS, TIMES, ZONES).map(parts => parts.join('')),
  fc.constantFrom(['y'], [{ y: 1 }], { y: [1] }, { y: { y: 1 } }, { s: ['s'] }, { '0': 1 }, [1, 2]),
)
const lives = fc.record({
  keys: fc.uniqueArray(fc.constantFrom(...Object.keys(FIELDS)), { minLength: 1, maxLength: 5 }),
  published: fc.array(fc.tuple(fc.nat(), stored), { maxLength: 10 }),
  open: fc.array(fc.tuple(fc.nat(), stored), { minLength: 1, maxLength: 40 }),
  checked: fc.array(fc.tuple(fc.nat(), stored), { maxLength: 20 }),
})

test(
  'whatever is stored under names that are declared in place, both layers read it alike, by the reference',
  async () => {
    await fc.assert(
      fc.asyncProperty(lives, async life => {
        const world = await createWorld(pipelineOf([], [contract(1, {})]))
        try {
          await liveThrough(world, life)
        } finally {
          await world.dispose()
        }
      }),
      { numRuns: RUNS },
    )
  },
  RUNS * 15_000,
)

/** An epoch that was published without the fields, one before they are checked, and one in which they are. */
async function liveThrough(world: World, life: typeof lives extends fc.Arbitrary<infer T> ? T : never) {
  const { keys, published, open, checked } = life
  const fields = Object.fromEntries(keys.map(key => [key, FIELDS[key as keyof typeof FIELDS]]))
  const contracts = [contract(1, fields)]
  const metrics = metricsOver(keys)
  const after = pipelineOf(metrics, contracts)
  const accept = compileAcceptor(after, createAjvValidators())
  const eventsOf = (epoch: string, values: readonly (readonly [number, unknown])[]) =>
    values.map(([n, value], i) => event(`${epoch}${i}`, { [keys[n % keys.length]!]: value }))
  const isAccepted = ({ partition, ...one }: SentEvent) =>
    accept({ specversion: '1.0', source: '/test', ...one }, 0).kind === 'accepted'

  await world.send(T0, eventsOf('a', published))
  world.clock = T0 + EPOCH
  await runBatch(portsOf(world, pipelineOf([], [contract(1, {})])), 'run-1')
  world.evolve(after)
  const [first, whole] = [T0 + EPOCH, T0 + 2 * EPOCH]
  const since = new Map([
    ...after.metrics.map(({ id }) => [id, first] as const),
    [checkedId(after.latest.get(type)!), whole],
  ])
  await world.countedSince.note(since)
  await world.send(first, eventsOf('b', open))
  await world.send(whole, eventsOf('c', checked).filter(isAccepted))
  world.clock = T0 + 3 * EPOCH
  await runBatch(portsOf(world, after), 'run-2')
  expect(world.mismatches).toEqual([])
  expect(await world.holds.list()).toEqual([])
  const { views } = (await visibleState(world, after)) as { views: Record<string, { partials: unknown }> }
  for (const metric of metrics)
    expect(views[metric.name]!.partials, metric.name).toEqual(expectedViews(world, metric, whole, contracts))
}

/** Every use that a metric can make of a field. */
function metricsOver(keys: readonly string[]): readonly MetricDeclaration[] {
  const names = keys.flatMap(key => (key === 'o' ? ['o.y', 'o.s'] : [key]))
  const numbers = names.filter(name => ['n', 'd', 'f', 'nn', 'o.y'].includes(name))
  const single = names.filter(name => name !== 'j')
  const each = (prefix: string, some: readonly string[], make: (name: string) => Measure) =>
    Object.fromEntries(some.map((name, i) => [`${prefix}_${i}`, make(name)]))
  const measures = {
    events: count(),
    ...{ ...each('sum', numbers, sum), ...each('max', numbers, max), ...each('first', single, first) },
    ...{ ...each('distinct', single, distinct), ...each('spread', numbers, stddev) },
  }
  const metric = (name: string, rest: Partial<MetricDeclaration>) =>
    defineMetric({ name, type, window: 'day', measures: { events: count() }, ...rest })
  return [
    metric('measured', { measures }),
    metric('grouped', { by: single }),
    ...single.map((name, i) =>
      metric(`by_${i}`, { by: [name], measures: { events: count(), latest: last(name) } }),
    ),
    ...names.map((name, i) => metric(`there_${i}`, { where: { [name]: { exists: true } } })),
    ...numbers.map((name, i) => metric(`above_${i}`, { where: { [name]: { gte: 1 } } })),
    ...single
      .filter(name => name === 'tn' || name === 'o.s')
      .map((name, i) => metric(`null_${i}`, { where: { [name]: { in: [null, '5'] } } })),
  ]
}
