import { afterEach, expect, test } from 'vitest'
import type { ContractDeclaration } from '../../../core/declare/contract.ts'
import { count, distinct, sum } from '../../../core/declare/measures.ts'
import { defineMetric } from '../../../core/declare/metric.ts'
import { compileAcceptor } from '../../../core/event/accept.ts'
import { createAjvValidators } from '../../../drivers/validators/ajv.ts'
import {
  createWorld,
  EPOCH,
  expectedViews,
  iso,
  pipelineOf,
  type SentEvent,
  T0,
  visibleState,
  type World,
} from './batch-kit.ts'
import { portsOf, runBatch } from './batch-run.ts'

/** Events have fields that nobody declared when they came; the newest version declares them. */

const type = 'com.example.item'

function contract(version: number, properties: object): ContractDeclaration {
  const data = { type: 'object', required: ['id'], properties: { id: { type: 'string' }, ...properties } }
  return { type, version, partitionBy: ['id'], scale: 2, data: data as ContractDeclaration['data'] }
}

const nullable = (type: string) => ({ type: [type, 'null'] })
const FIELDS = {
  ...{ t: { type: 'string' }, at: { type: 'string', format: 'date-time' }, n: { type: 'integer' } },
  ...{
    d: { type: 'number' },
    b: { type: 'boolean' },
    j: {},
    tn: nullable('string'),
    nn: nullable('integer'),
  },
  o: { type: ['object', 'null'], properties: { y: { type: 'integer' }, s: nullable('string') } },
}
const VALUES = [
  ...['boom', '', '12.50', 'yesterday', '2026-01-31T12:00:00+05:00', '2026-01-31t12:00:00.1234567891z', '5'],
  ...[0, 5, 5.6, -1e15, 1e16, 1e30, 1e-7, 9_007_199_254_740_991, true, false, null],
  ...[[], [1], {}, { y: 5 }, { y: '5' }, { y: 5.5 }, { y: null }, { s: null }, { s: 7, y: 1 }],
] as const

let world: World
afterEach(() => world.dispose())

const event = (id: string, data: object): SentEvent & { readonly data: object } => {
  return { type, id, time: iso(T0), partition: 1, data: { id, ...data } }
}

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
  const { views } = (await visibleState(world, pipeline)) as { views: Record<string, { partials: unknown }> }
  for (const metric of metrics)
    expect(views[metric.name]!.partials, metric.name).toEqual(expectedViews(world, metric, T0, contracts))
})

test.each<[string, object, object, string]>([
  ['n', { n: 'boom' }, { n: { type: 'integer' } }, 'is a text in a stored event'],
  ['at', { at: 'yesterday' }, { at: { type: 'string', format: 'date-time' } }, 'as a date-time'],
  ['d', { d: 1e30 }, { d: { type: 'number' } }, 'is a number that is too large'],
  [
    'o.y',
    { o: { y: 'boom' } },
    { o: { type: 'object', properties: { y: { type: 'integer' } } } },
    'as an integer',
  ],
])(
  'a field declared while stored events have it as something else is named with its file and remedy: %s',
  async (field, data, properties, words) => {
    const metric = defineMetric({ name: 'items', type, window: 'day', measures: { n: count() } })
    const before = pipelineOf([metric], [contract(1, {})])
    const after = pipelineOf([metric], [contract(1, properties)])
    world = await createWorld(before)
    await world.send(T0, [event('a', {}), event('b', data)])
    world.clock = T0 + EPOCH
    const failure = await runBatch(portsOf(world, after)).catch((error: Error) => error)
    expect(failure).toMatchObject({ code: 'corrupt_data' })
    const { message } = failure as Error
    expect(message).toContain(`${type} in the epoch 20261101T000000Z: field "${field}" is a`)
    expect(message).toContain(words)
    expect(message).toMatch(/\(receipt \S+, raw\/\S+\)$/)
    expect(message).toContain('declare it under another name, or in a new type')
    expect(message).not.toMatch(/boom|yesterday/)
    // The remedy helps: under another name the field is what it is declared as, in events to come.
    const other = Object.fromEntries(Object.entries(properties).map(([key, schema]) => [`${key}_2`, schema]))
    await runBatch(portsOf(world, pipelineOf([metric], [contract(1, other)])), 'run-2')
    expect((await world.batch.boundary(before.metrics[0]!.id))?.epoch).toBe(T0)
  },
)
