import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CellValue, emptyCell, formatCells } from '../../../core/cells/cells.ts'
import { type CalendarWindow, openCalendar } from '../../../core/data/calendar.ts'
import { parseGroup } from '../../../core/data/group.ts'
import { parseInstant, WINDOWS, type Window } from '../../../core/data/time.ts'
import { openZone } from '../../../core/data/zone.ts'
import type { Metric } from '../../../core/declare/metric-plan.ts'
import { receipt, receiptPrefix } from '../../../core/event/receipt.ts'
import { compileAccumulator } from '../../../core/fold/accumulate.ts'
import { createGathering, exactGroups, MAX_COMBINED } from '../../../core/fold/rollup.ts'
import type { MetricPartial, Rollup } from '../../../core/ports/views.ts'
import { type Draft, hostileDraft } from '../../arbitraries.ts'
import { HOSTILE, loadDeclared } from '../../declared.ts'

const { pipeline } = await loadDeclared(HOSTILE)
const metric = pipeline.metrics.find(({ name }) => name === 'hostile_minutely')!
const HOURLY = { declared: 'minute', asked: 'hour' } as const
const PREFIX = receiptPrefix(1_763_720_000_000, 'abcdef', 0)

function partialsOf(
  metric: Metric,
  drafts: readonly Draft[],
  startOf = compileAccumulator(metric).windowOf,
): readonly MetricPartial[] {
  const accumulator = compileAccumulator(metric)
  const partials = new Map<string, MetricPartial & { cells: CellValue[] }>()
  for (const [i, { type, time, data }] of drafts.entries()) {
    if (type !== metric.type) continue
    const [window, group] = [startOf(parseInstant(time)!), accumulator.groupOf(data)]
    const key = `${window}|${group}`
    const partial = partials.get(key) ?? { window, group, cells: metric.kinds.map(emptyCell) }
    accumulator.add(partial.cells, data, parseInstant(time)!, receipt(PREFIX, i))
    partials.set(key, partial)
  }
  return [...partials.values()]
}

function rollUp({ kinds }: Metric, partials: readonly MetricPartial[], rollup: Rollup, limit = Infinity) {
  const gathering = createGathering(kinds, rollup, limit)
  for (const { window, group, cells } of partials) gathering.add(window, group, () => cells)
  return gathering.rows()
}

/** In one order, whatever order partials came in. */
const texts = (rows: readonly MetricPartial[], { kinds }: Metric = metric) =>
  rows.map(({ window, group, cells }) => `${window} ${group} ${formatCells(kinds, cells)}`).sort()

/** Undefined where it is refused. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    expect(error).toMatchObject({ code: 'bad_request' })
    return undefined
  }
}

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
          const rolled = rollUp(metric, partialsOf(metric, drafts), {
            windows: { declared: metric.window, asked: window },
            by,
            where: {},
          })
          const computed = rollUp(direct, partialsOf(direct, drafts), {
            windows: { declared: window, asked: window },
            by,
            where: {},
          })
          expect(texts(rolled, metric)).toEqual(texts(computed, metric))
        }),
        { numRuns: 300 },
      )
    },
  )

  test('to the days of any zone gives the cells of the events on each date there, or is refused', () => {
    const zone = fc.constantFrom(...Intl.supportedValuesOf('timeZone'))
    const asked = fc.constantFrom<CalendarWindow>('day', 'week', 'month', 'quarter', 'year')
    let refused = 0
    fc.assert(
      fc.property(fc.array(hostileDraft, { maxLength: 25 }), zone, asked, (drafts, timezone, asked) => {
        const windows = { declared: metric.window, asked, timezone }
        const rolled = attempt(() =>
          rollUp(metric, partialsOf(metric, drafts), { windows, by: undefined, where: {} }),
        )
        const { startOf } = openCalendar(asked, openZone(timezone)!)
        const isWhole = drafts.every(({ time }) => startOf(parseInstant(time)!) % WINDOWS.minute === 0)
        if (rolled === undefined) refused += 1
        // Zones had seconds before they were agreed on: their midnights lie within a minute of UTC.
        if (rolled === undefined) expect(isWhole).toBe(false)
        else expect(texts(rolled)).toEqual(texts(partialsOf(metric, drafts, startOf)))
      }),
      { numRuns: 500 },
    )
    expect(refused).toBeLessThan(400)
  })

  test('keeps only the groups that have one of the values asked for, also where the field is rolled up', () => {
    const tags = fc.subarray<string | null>(['', 't', null])
    fc.assert(
      fc.property(
        fc.array(hostileDraft, { maxLength: 25 }),
        tags,
        fc.boolean(),
        (drafts, values, isWhole) => {
          const partials = partialsOf(metric, drafts)
          const wanted = partials.filter(({ group }) => {
            const { 'deep.inner.tag': tag } = parseGroup(group)
            return tag !== undefined && values.includes(tag as string | null)
          })
          const asked = { windows: HOURLY, by: isWhole ? undefined : [] }
          const some = rollUp(metric, partials, { ...asked, where: { 'deep.inner.tag': values } })
          expect(texts(some)).toEqual(texts(rollUp(metric, wanted, { ...asked, where: {} })))
        },
      ),
      { numRuns: 200 },
    )
  })

  test('counts rows, not what they are combined from', () => {
    const cells = metric.kinds.map(emptyCell)
    const partials = Array.from({ length: 100 }, (_, i) => ({ window: i * 60_000, group: '{}', cells }))
    const hourly = { windows: HOURLY, by: undefined, where: {} }
    expect(rollUp(metric, partials, hourly, 2)).toHaveLength(2)
    expect(() => rollUp(metric, partials, hourly, 1)).toThrow(/more than 1 rows/)
  })

  test('ends where there is too much to combine', () => {
    const cells = metric.kinds.map(emptyCell)
    const gathering = createGathering(
      [],
      { windows: { declared: 'minute', asked: 'day' }, by: [], where: {} },
      1,
    )
    expect(() => {
      for (let i = 0; i <= MAX_COMBINED; i++) gathering.add(0, '{}', () => cells)
    }).toThrow(/narrow from and to/)
  })
})

describe('the groups that conditions name', () => {
  const [tag, name, flag] = metric.by

  test('are known when every field has values, and have the texts that events give them', () => {
    const where = { 'deep.inner.flag': [true, false], 'deep.inner.tag': ['"', '"'] }
    expect(exactGroups([tag!, flag!], where)).toEqual([
      '{"deep.inner.tag":"\\"","deep.inner.flag":true}',
      '{"deep.inner.tag":"\\"","deep.inner.flag":false}',
    ])
    expect(exactGroups([], {})).toEqual(['{}'])
  })

  test('are not known while a field is open, nor looked up one by one where they are many', () => {
    expect(exactGroups([tag!, flag!], { 'deep.inner.tag': ['t'] })).toBeUndefined()
    expect(exactGroups([name!], {})).toBeUndefined()
    const many = Array.from({ length: 1001 }, (_, i) => String(i))
    expect(exactGroups([tag!], { 'deep.inner.tag': many })).toBeUndefined()
  })
})
