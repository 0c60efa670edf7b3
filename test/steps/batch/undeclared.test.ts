import { afterEach, expect, test } from 'vitest'
import { count, distinct, last, sum } from '../../../core/declare/measures.ts'
import { defineMetric } from '../../../core/declare/metric.ts'
import { compileAcceptor } from '../../../core/event/accept.ts'
import { createAjvValidators } from '../../../drivers/validators/ajv.ts'
import { createWorld, EPOCH, expectedViews, pipelineOf, T0, visibleState, type World } from './batch-kit.ts'
import { portsOf, runBatch } from './batch-run.ts'
import { contract, event, FIELDS, INSTANT, nullable, objectOf, type, VALUES } from './undeclared-kit.ts'

let world: World
afterEach(() => world.dispose())

test('what an older version takes of fields that it does not declare, the layers read alike', async () => {
  const contracts = [contract(1, {}), contract(2, FIELDS)]
  const names = ['t', 'at', 'n', 'd', 'b', 'tn', 'nn', 'o.y', 'o.s']
  const measures = { events: count(), total: sum('d'), whole: sum('n'), dates: distinct('at') }
  const metrics = [
    defineMetric({ name: 'items', type, window: 'day', measures }),
    ...names.map((name, i) =>
      defineMetric({ name: `items_${i}`, type, window: 'day', by: [name], measures: { events: count() } }),
    ),
  ]
  const pipeline = pipelineOf(metrics, contracts)
  const accept = compileAcceptor(pipeline, createAjvValidators())
  const all = Object.keys(FIELDS).flatMap((key, i) =>
    VALUES.map((value, j) => event(`${i}-${j}`, { [key]: value })),
  )
  const accepted = all.filter(({ partition, ...one }) => {
    const sent = { specversion: '1.0', source: '/test', dataschema: `/${type}/1`, ...one }
    return accept(sent, 0).kind === 'accepted'
  })
  expect(accepted.length).toBeGreaterThan(60)
  expect(accepted.length).toBeLessThan(all.length - 60)

  world = await createWorld(pipeline)
  await world.send(T0, accepted)
  world.clock = T0 + EPOCH
  await runBatch(portsOf(world, pipeline))
  expect(await world.holds.list()).toEqual([])
  expect(world.mismatches).toEqual([])
  const { views } = await visibleState(world, pipeline)
  for (const metric of metrics)
    expect(views[metric.name]!.partials, metric.name).toEqual(expectedViews(world, metric, T0, contracts))
})

test.each<[string, object, object, string, string]>([
  ['another kind', { n: 'boom' }, { n: { type: 'integer' } }, 'n', 'an integer'],
  ['digits as a text', { n: '12' }, { n: { type: 'integer' } }, 'n', 'an integer'],
  ['a fraction', { n: 5.6 }, { n: { type: 'integer' } }, 'n', 'an integer'],
  ['an integer beyond a double', { n: 1e16 }, { n: { type: 'integer' } }, 'n', 'an integer'],
  ['true', { n: true }, { n: { type: 'integer' } }, 'n', 'an integer'],
  ['a number as a text', { d: '12.50' }, { d: { type: 'number' } }, 'd', 'a number of 2 decimal places'],
  ['too many digits', { d: 1e30 }, { d: { type: 'number' } }, 'd', 'a number of 2 decimal places'],
  ['a number', { t: 5 }, { t: { type: 'string' } }, 't', 'a text'],
  ['an object', { t: { y: 5 } }, { t: nullable('string') }, 't', 'a text or null'],
  ['no instant', { at: 'yesterday' }, { at: INSTANT }, 'at', 'a date-time'],
  ['a day', { at: '2026-01-31' }, { at: INSTANT }, 'at', 'a date-time'],
  ['no zone', { at: '2026-01-31T12:00:00' }, { at: INSTANT }, 'at', 'a date-time'],
  ['hour 24', { at: '2026-01-31T24:00:00Z' }, { at: INSTANT }, 'at', 'a date-time'],
  ['a boolean as a text', { b: 'true' }, { b: { type: 'boolean' } }, 'b', 'a boolean'],
  ['one for true', { b: 1 }, { b: { type: 'boolean' } }, 'b', 'a boolean'],
  [
    'below an object',
    { o: { y: '5' } },
    { o: objectOf({ y: nullable('integer') }) },
    'o.y',
    'an integer or null',
  ],
])(
  'of a field that is declared in place, stored values of another kind are missing in both layers, and the run names the field: %s',
  async (_case, data, properties, field, declared) => {
    const metric = defineMetric({
      name: 'items',
      type,
      window: 'day',
      by: [field],
      measures: { events: count(), kinds: distinct(field), latest: last(field) },
    })
    const plain = defineMetric({ name: 'all', type, window: 'day', measures: { events: count() } })
    const before = pipelineOf([plain], [contract(1, {})])
    const after = pipelineOf([plain, metric], [contract(1, properties)])
    world = await createWorld(before)
    world.evolve(after)
    await world.countedSince.note(new Map(after.metrics.map(({ id }) => [id, 0])))
    await world.send(T0, [event('a', {}), event('b', data), event('c', data)])
    world.clock = T0 + EPOCH
    const reports = await runBatch(portsOf(world, after))
    expect(world.mismatches).toEqual([])
    expect(await world.holds.list()).toEqual([])
    const { views } = await visibleState(world, after)
    expect(views['items']!.partials).toEqual([expect.stringMatching(/^\d+ \{\} \["3",/)])
    expect(views['items']!.partials).toEqual(expectedViews(world, metric, T0, [contract(1, properties)]))
    const [{ tbreceipt }] = world.received.map(({ json }) => JSON.parse(json)).filter(({ id }) => id === 'b')
    const unread = { [type]: [{ field, events: 2, receipt: tbreceipt, declared }] }
    expect(reports).toContainEqual({ epochs: { '20261101T000000Z': expect.objectContaining({ unread }) } })
    expect(JSON.stringify(reports)).not.toMatch(/boom|yesterday/)
  },
)

test('what only bounds, patterns and lists of values refuse is read as it was sent', async () => {
  const properties = {
    n: { type: 'integer', minimum: 10 },
    t: { type: 'string', maxLength: 3 },
    e: { type: 'string', enum: ['a', 'b'] },
  }
  const metric = defineMetric({
    name: 'items',
    type,
    window: 'day',
    by: ['e', 't'],
    measures: { events: count(), total: sum('n') },
  })
  const after = pipelineOf([metric], [contract(1, properties)])
  world = await createWorld(pipelineOf([], [contract(1, {})]))
  world.evolve(after)
  await world.countedSince.note(new Map([[after.metrics[0]!.id, 0]]))
  await world.send(T0, [event('a', { n: 1, t: 'a long text', e: 'c' })])
  world.clock = T0 + EPOCH
  const reports = await runBatch(portsOf(world, after))
  expect(world.mismatches).toEqual([])
  expect(JSON.stringify(reports)).not.toContain('unread')
  const { views } = await visibleState(world, after)
  expect(views['items']!.partials).toEqual([expect.stringContaining('{"e":"c","t":"a long text"} ["1","1"]')])
})
