import { describe, expect, test } from 'vitest'
import type { CellValues } from '../../core/cells/cells.ts'
import { TALLY_GROUP, TALLY_WINDOW, tallyId } from '../../core/cells/tally.ts'
import { padSequence } from '../../core/data/position.ts'
import { metricShapes } from '../../core/declare/metric-kinds.ts'
import { compilePipeline, type Pipeline } from '../../core/declare/pipeline.ts'
import { createMemoryViews } from '../../drivers/views/memory/memory.ts'
import { createApplySpeed, type SpeedRecord } from '../../steps/apply-speed.ts'
import { CLOCK } from '../arbitraries.ts'
import { mappedMarkers } from './mapped-markers.ts'

const TYPE = 'org.example.thing'

function pipelineOf(dedupe: 'event' | 'record', type = TYPE): Pipeline {
  return compilePipeline({
    contracts: [
      {
        file: 'contracts/thing.ts',
        declaration: {
          ...{ type, version: 1, partitionBy: ['n'], dedupe },
          data: { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } },
        },
      },
    ],
    metrics: [
      {
        file: 'metrics/things.ts',
        declaration: {
          ...{ name: 'things', type, window: 'day' },
          measures: { n: { kind: 'sum', field: 'n' } },
        },
      },
    ],
    schedules: [],
  })
}

function layer(dedupe: 'event' | 'record' = 'event') {
  const pipeline = pipelineOf(dedupe)
  const views = createMemoryViews(metricShapes(pipeline))
  const markers = mappedMarkers(CLOCK.horizon * CLOCK.epochLength)
  const all = { from: undefined, to: undefined, groups: undefined, after: undefined, limit: 100 }
  return {
    ...{ markers, views },
    apply: createApplySpeed({ pipeline, markers, views }),
    sum: async () => (await views.query({ metric: pipeline.metrics[0]!.id, ...all }))[0]?.cells[0],
    async tally(): Promise<CellValues | undefined> {
      const keys = [{ window: TALLY_WINDOW, group: TALLY_GROUP }]
      return (await views.epoch({ metric: tallyId(TYPE), epoch: 0, keys })).cells[0]
    },
  }
}

const line = (id: string, n: number, receipt = id) =>
  `${JSON.stringify({ tbreceipt: receipt, tbepoch: 0, tbtime: 0, tbpartition: 0, type: TYPE, source: 's', id, data: { n } })}\n`
const record = (sequence: number, data: string): SpeedRecord => ({
  ...{ sequence: padSequence(String(sequence)), partition: 0, data },
})

describe('applying a batch', () => {
  test('tells how many events counted and how many were duplicates', async () => {
    const { apply, sum, tally } = layer()
    const outcome = await apply([record(1, line('a', 1) + line('a', 10, 'z')), record(2, line('b', 100))])
    expect(outcome).toMatchObject({ counted: 2, duplicates: 1, unreadable: [] })
    expect([await sum(), await tally()]).toEqual([101, [3, 2]])
  })

  test('tells of records whose type it does not know, counts the others, and all of them once it knows the type', async () => {
    const { apply, sum, markers, views } = layer()
    const older = createApplySpeed({ pipeline: pipelineOf('event', 'org.example.other'), markers, views })
    const batch = [record(1, line('a', 1)), record(2, line('b', 10)), record(3, line('a', 100, 'z'))]
    expect(await older(batch)).toMatchObject({
      ...{ counted: 0, duplicates: 0, unreadable: [] },
      unknown: [0, 1, 2].map(index => ({ index, type: TYPE })),
    })
    expect(await sum()).toBeUndefined()
    // A replay by a version that knows it: the copy that was first in the stream is the one that counts.
    expect(await apply(batch)).toMatchObject({ counted: 2, duplicates: 1, unknown: [] })
    expect(await sum()).toBe(11)
  })

  test('counts a record once that is in the batch twice', async () => {
    const { apply, sum, tally } = layer()
    const [one, two] = [record(1, line('a', 1)), record(2, line('b', 10))]
    await apply([one, one, two, one, two])
    expect([await sum(), await tally()]).toEqual([11, [2, 2]])
  })

  test('leaves out a record that the producer put twice: received are distinct receipts, as in the raw lake', async () => {
    const { apply, sum, tally } = layer()
    const one = line('a', 1) + line('b', 10)
    expect(await apply([record(1, one), record(2, one)])).toMatchObject({ counted: 2, repeats: 2 })
    expect(await apply([record(3, one)])).toMatchObject({ counted: 0, duplicates: 0, repeats: 2 })
    expect([await sum(), await tally()]).toEqual([11, [2, 2]])
  })

  test('counts the receipt of a duplicate once, however often the producer put it', async () => {
    const { apply, sum, tally } = layer()
    const later = line('a', 5, 'z')
    const outcome = await apply([record(1, line('a', 1)), record(2, later), record(3, later)])
    expect(outcome).toMatchObject({ counted: 1, duplicates: 1, repeats: 1 })
    await apply([record(2, later), record(3, later), record(4, later)])
    expect([await sum(), await tally()]).toEqual([1, [2, 1]])
  })

  test('gives the same numbers whichever of two equal copies comes first out of the stream', async () => {
    const [early, late] = [line('a', 7, 'receipt-1'), line('a', 7, 'receipt-2')]
    const numbers: unknown[] = []
    for (const [first, second] of [
      [early, late],
      [late, early],
    ]) {
      const { apply, sum, tally } = layer()
      await apply([record(1, first!), record(2, second!)])
      numbers.push([await sum(), await tally()])
    }
    expect(numbers).toEqual([
      [7, [2, 1]],
      [7, [2, 1]],
    ])
  })

  test.each([
    '{',
    'null\n',
    '1\n',
    '"x"\n',
    '{}\n',
    `{"type":"${TYPE}"}\n`,
    line('x', 1).replace('tbreceipt', 'receipt'),
    `${line('x', 1)}[]\n`,
  ])('sets a record aside that is no record of ours, and applies the others: %j', async foreign => {
    const { apply, sum } = layer()
    const outcome = await apply([record(1, line('a', 1)), record(2, foreign), record(3, line('b', 10))])
    expect(outcome.unreadable).toEqual([{ index: 1, reason: expect.any(String) }])
    expect(await sum()).toBe(11)
  })

  test('ignores a type that is no longer declared', async () => {
    const { apply, sum } = layer()
    const gone = line('g', 5).replace(TYPE, 'org.example.gone')
    expect((await apply([record(1, gone), record(2, line('a', 1))])).unreadable).toEqual([])
    expect(await sum()).toBe(1)
  })

  test('of nothing changes nothing', async () => {
    const { apply, sum } = layer()
    expect(await apply([])).toMatchObject({ counted: 0, duplicates: 0, unreadable: [] })
    expect(await sum()).toBeUndefined()
  })
})

describe('a contract with a marker a record', () => {
  test('counts a request sent again once', async () => {
    const { apply, sum, tally } = layer('record')
    const data = line('a', 1) + line('b', 10)
    await apply([record(1, data)])
    const again = await apply([record(2, data.replaceAll('"tbreceipt":"', '"tbreceipt":"later-'))])
    expect(again).toMatchObject({ counted: 0, duplicates: 2 })
    expect([await sum(), await tally()]).toEqual([11, [4, 2]])
  })

  test('leaves out a record that the producer put twice', async () => {
    const { apply, sum, tally } = layer('record')
    const data = line('a', 1) + line('b', 10)
    expect(await apply([record(1, data), record(2, data)])).toMatchObject({ counted: 2, repeats: 2 })
    const later = data.replaceAll('"tbreceipt":"', '"tbreceipt":"later-')
    expect(await apply([record(3, later), record(4, later)])).toMatchObject({ duplicates: 2, repeats: 2 })
    expect([await sum(), await tally()]).toEqual([11, [4, 2]])
  })

  test('leaves single repeated events to the batch layer', async () => {
    const { apply, sum } = layer('record')
    await apply([record(1, line('a', 1) + line('b', 10)), record(2, line('a', 1))])
    expect(await sum()).toBe(12)
  })
})
