import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CellValue, emptyCell, formatCells } from '../../../core/cells/cells.ts'
import type { Group } from '../../../core/data/group.ts'
import { parseInstant, type Window } from '../../../core/data/time.ts'
import type { Metric } from '../../../core/declare/metric-plan.ts'
import { receipt, receiptPrefix } from '../../../core/event/receipt.ts'
import { compileAccumulator } from '../../../core/fold/accumulate.ts'
import { exactGroup, type RolledUp, rollUp } from '../../../core/fold/rollup.ts'
import type { MetricPartial } from '../../../core/ports/views.ts'
import { type Draft, hostileDraft } from '../../arbitraries.ts'
import { HOSTILE, loadDeclared } from '../../declared.ts'

const { pipeline } = await loadDeclared(HOSTILE)
const metric = pipeline.metrics.find(({ name }) => name === 'hostile_minutely')!
const PREFIX = receiptPrefix(1_763_720_000_000, 'abcdef', 0)
const NAMES = metric.by.map(({ name }) => name)

function partialsOf(metric: Metric, drafts: readonly Draft[]): readonly MetricPartial[] {
  const accumulator = compileAccumulator(metric)
  const partials = new Map<string, MetricPartial & { cells: CellValue[] }>()
  for (const [i, { type, time, data }] of drafts.entries()) {
    if (type !== metric.type) continue
    const [window, group] = [accumulator.windowOf(parseInstant(time)!), accumulator.groupOf(data)]
    const key = `${window}|${group}`
    const partial = partials.get(key) ?? { window, group, cells: metric.kinds.map(emptyCell) }
    accumulator.add(partial.cells, data, parseInstant(time)!, receipt(PREFIX, i))
    partials.set(key, partial)
  }
  return [...partials.values()]
}

const texts = (rows: readonly RolledUp[], { kinds }: Metric = metric) =>
  rows.map(({ window, group, cells }) => [window, JSON.stringify(group), formatCells(kinds, cells)])

describe('rolling up', () => {
  test.each(['hostile_minutely', 'hostile_kept'])(
    'to coarser windows and fewer fields gives the cells computed that way from the events: %s',
    name => {
      const metric = pipeline.metrics.find(each => each.name === name)!
      const coarser = fc.record({
        window: fc.constantFrom<Window>('minute', 'hour', 'day'),
        by: fc.subarray(metric.by.map(({ name }) => name)),
      })
      fc.assert(
        fc.property(fc.array(hostileDraft, { maxLength: 25 }), coarser, (drafts, { window, by }) => {
          const direct: Metric = { ...metric, window, by: metric.by.filter(({ name }) => by.includes(name)) }
          const rolled = rollUp(metric, partialsOf(metric, drafts), { window, by, where: {} })
          const computed = rollUp(direct, partialsOf(direct, drafts), { window, by, where: {} })
          expect(texts(rolled, metric)).toEqual(texts(computed, metric))
        }),
        { numRuns: 300 },
      )
    },
  )

  test('keeps only the groups that have the values asked for', () => {
    fc.assert(
      fc.property(
        fc.array(hostileDraft, { maxLength: 25 }),
        fc.constantFrom('', 't', null),
        (drafts, tag) => {
          const where: Group = { 'deep.inner.tag': tag }
          const all = rollUp(metric, partialsOf(metric, drafts), { window: 'hour', by: NAMES, where: {} })
          const some = rollUp(metric, partialsOf(metric, drafts), { window: 'hour', by: NAMES, where })
          expect(texts(some)).toEqual(texts(all.filter(({ group }) => group['deep.inner.tag'] === tag)))
        },
      ),
      { numRuns: 200 },
    )
  })

  test('sorts by window, then field by field: missing, null, false, true, numbers, text by its bytes', () => {
    const values = ['{}', '{"a":null}', '{"a":false}', '{"a":true}', '{"a":-1}', '{"a":10}', '{"a":""}']
    const sorted = [...values, '{"a":"B"}', '{"a":"a"}', '{"a":"é"}', '{"a":"\uffff"}', '{"a":"😀"}']
    const cells = metric.kinds.map(emptyCell)
    const rows = [60_000, -60_000].flatMap(window =>
      sorted.toReversed().map(group => ({ window, group, cells })),
    )
    const rolled = rollUp({ ...metric, by: [{ ...metric.by[0]!, name: 'a' }] }, rows, {
      ...{ window: 'minute', by: ['a'], where: {} },
    })
    expect(rolled.map(({ window, group }) => [window, JSON.stringify(group)])).toEqual(
      [-60_000, 60_000].flatMap(window => sorted.map(group => [window, group])),
    )
  })

  test('sorts a missing field first, also when its name is one that every object has', () => {
    const cells = metric.kinds.map(emptyCell)
    const rows = ['{"constructor":null}', '{}'].map(group => ({ window: 0, group, cells }))
    const rolled = rollUp({ ...metric, by: [metric.by[1]!] }, rows, {
      ...{ window: 'day', by: ['constructor'], where: {} },
    })
    expect(rolled.map(({ group }) => JSON.stringify(group))).toEqual(['{}', '{"constructor":null}'])
  })
})

describe('the one group that conditions name', () => {
  const [tag, name, flag] = metric.by

  test('is known when every field has a value, and has the text that events give it', () => {
    expect(exactGroup([tag!, flag!], { 'deep.inner.flag': true, 'deep.inner.tag': '"' })).toBe(
      '{"deep.inner.tag":"\\"","deep.inner.flag":true}',
    )
    expect(exactGroup([], {})).toBe('{}')
  })

  test('is not known while a field is open', () => {
    expect(exactGroup([tag!, flag!], { 'deep.inner.tag': 't' })).toBeUndefined()
    expect(exactGroup([name!], {})).toBeUndefined()
  })
})
