import { givenInstant } from '../../core/data/given-instant.ts'
import { formatInstant } from '../../core/data/time.ts'
import type { ShownRow } from '../../core/fold/row-order.ts'
import { isNumberText } from '../../core/json/json.ts'
import type { ExpectedMetric, ExpectedRejection, ExpectedRow } from './expected.ts'
import { shown } from './members.ts'
import type { Failure } from './test-case.ts'
import type { Told } from './world.ts'

type Rows = readonly ShownRow[]

/** What a metric shows in each layer against what is expected of it: every row, and no other. */
export function compareRows(
  expected: ExpectedMetric,
  { speed, batch }: { readonly speed: Rows; readonly batch: Rows },
): readonly Failure[] {
  const ofBatch = rowFailures(expected, batch)
  const ofSpeed = rowFailures(expected, speed)
  const both = ofSpeed.filter(failure => ofBatch.includes(failure))
  const alone = (failures: readonly Failure[], layer: string) =>
    failures.filter(failure => !both.includes(failure)).map(failure => `${failure} (${layer} layer alone)`)
  return [...both, ...alone(ofSpeed, 'speed'), ...alone(ofBatch, 'batch')]
}

/** What is not the same in both layers, whatever is expected. */
export function compareLayers(metric: string, speed: Rows, batch: Rows): readonly Failure[] {
  const batchRows = new Map(batch.map(row => [keyOf(row), row]))
  const speedKeys = new Set(speed.map(keyOf))
  const failures: Failure[] = []
  for (const row of speed) {
    const other = batchRows.get(keyOf(row))
    const [ours, theirs] = [JSON.stringify(row.values), JSON.stringify(other?.values)]
    if (ours !== theirs)
      failures.push(
        `${placeOf(metric, row)}: the layers disagree: speed ${ours}, batch ${theirs ?? 'no row'}`,
      )
  }
  for (const row of batch)
    if (!speedKeys.has(keyOf(row)))
      failures.push(`${placeOf(metric, row)}: the layers disagree: speed no row, batch ${shown(row.values)}`)
  return failures
}

/** Rejections against those that are expected, each of which is one event. */
export function compareRejections(
  expected: readonly ExpectedRejection[],
  got: readonly Told[],
): readonly Failure[] {
  const left = [...got]
  const failures: Failure[] = []
  for (const one of expected) {
    const at = left.findIndex(({ id, code, detail }) => {
      const isOf = (one.id ?? id) === id && (one.code ?? code) === code
      return isOf && detail.includes(one.detail ?? '')
    })
    if (at >= 0) left.splice(at, 1)
    else failures.push(`rejected: got none, expected ${shown(one)}`)
  }
  const told = left.map(
    ({ id, code, detail }) => `rejected: got ${shown({ id, code, detail })}, expected none`,
  )
  return [...failures, ...told]
}

function rowFailures({ metric, rows }: ExpectedMetric, got: Rows): readonly Failure[] {
  const byKey = new Map(got.map(row => [keyOf(row), row]))
  const failures: Failure[] = []
  for (const row of rows) {
    const found = byKey.get(keyOf(row))
    byKey.delete(keyOf(row))
    if (found === undefined)
      failures.push(`${placeOf(metric, row)}: got no row, expected ${shown(row.values)}`)
    else failures.push(...valueFailures(metric, row, found))
  }
  for (const row of byKey.values())
    failures.push(`${placeOf(metric, row)}: got ${shown(row.values)}, expected no row`)
  return failures
}

function valueFailures(metric: string, expected: ExpectedRow, got: ShownRow): readonly Failure[] {
  return Object.entries(expected.values)
    .filter(([name, value]) => !isEqual(got.values[name], value))
    .map(
      ([name, value]) =>
        `${placeOf(metric, expected)}, ${name}: got ${shown(got.values[name])}, expected ${shown(value)}`,
    )
}

/** Numbers with more digits than a double has may be expected as a text. */
function isEqual(got: unknown, expected: unknown): boolean {
  if (isNumberText(got)) return got.rawJSON === expected || Number(got.rawJSON) === expected
  return JSON.stringify(got) === JSON.stringify(expected)
}

type Place = Pick<ShownRow, 'window'> & { readonly group: Readonly<Record<string, unknown>> }

const placeOf = (metric: string, { window, group }: Place) =>
  `${metric}, window ${normal(window)}, group ${shown(group)}`

/** Members in one order, since a file may have them in any. */
function keyOf({ window, group }: Place): string {
  const names = Object.keys(group).sort()
  return JSON.stringify([normal(window), names.map(name => [name, group[name]])])
}

function normal(window: string): string {
  const ms = givenInstant(window)
  return ms === undefined ? window : formatInstant(ms)
}
