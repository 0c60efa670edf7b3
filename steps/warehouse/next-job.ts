import { tallyId } from '../../core/cells/tally.ts'
import type { Pipeline } from '../../core/declare/pipeline.ts'
import {
  againOfType,
  epochAgain,
  exportedGeneration,
  isGoneExport,
  journalOfMetric,
  MOST_GENERATIONS,
  metricExports,
} from '../../core/lake/lake-paths.ts'
import { goesOn } from '../../core/lake/table-identity.ts'
import type { LakeFolder } from '../../core/ports/lake-folder.ts'
import type { BatchViews } from '../../core/ports/views.ts'
import type { TableMark } from '../../core/ports/warehouse.ts'
import { curatedEpochs } from '../batch/lookup.ts'
import { curatedSince } from '../batch/retention/kept.ts'
import { stepOfModel } from './model-jobs.ts'
import { type Target, targetOf, type WantedTable } from './tables.ts'

export type NextJobPorts = {
  /** ms. */
  readonly epochLength: number
  readonly pipeline: Pipeline
  readonly lake: LakeFolder
  readonly batch: Pick<BatchViews, 'boundary'>
}

/** Names and numbers of a job, from which its loads follow: small enough to be handed from state to state. */
export type JobPlan = {
  /** Name of the table that is wanted. */
  readonly table: string
  /** What it is loaded into. */
  readonly relation: string
  /** Epochs of events; generations of a metric, where it is not all of it. */
  readonly items: readonly number[]
  /** Generations that also took keys away. */
  readonly gone: readonly number[]
  /** Whether all rows of a metric are loaded, of its batch views. */
  readonly isWhole: boolean
  /** What is loaded afterwards. */
  readonly through: number
  /** Objects that are done with it. */
  readonly done: readonly string[]
}

/** What brings a table nearer to what it should be. */
export type NextStep =
  | { readonly kind: 'load'; readonly plan: JobPlan }
  | { readonly kind: 'drop'; readonly relation: string }
  | { readonly kind: 'switch'; readonly aside: string }
  /** The batch layer is at work on it: later. */
  | { readonly kind: 'later' }
  | undefined

/** Loads of one transaction. */
const MOST_LOADS = 12

/** The next step of one table; undefined where it is as the boundary says. */
export async function nextStep(
  ports: NextJobPorts,
  wanted: WantedTable,
  marks: ReadonlyMap<string, TableMark>,
): Promise<NextStep> {
  if (wanted.source.kind === 'model') return stepOfModel(ports, wanted, wanted.source.model, marks)
  return wanted.source.kind === 'type'
    ? stepOfEvents(ports, wanted, wanted.source.type, marks)
    : stepOfMetric(ports, wanted, wanted.source.metric, marks)
}

/** An epoch without events, and what is loaded with it. */
const NO_EVENTS = { isWhole: false, items: [0], through: -1 } as const
/** The first generation that changes anything is 1. */
const NO_GENERATION = { isWhole: true, items: [], through: 0 } as const

/**
 * A table is there from the start, so that BI finds it, and an analyst its columns, before the first event.
 * One that is there already is told what has changed in its declaration.
 */
function tableAlone(
  { table: { name }, identity }: WantedTable,
  marks: ReadonlyMap<string, TableMark>,
  nothing: typeof NO_EVENTS | typeof NO_GENERATION,
): NextStep {
  const mark = marks.get(name)
  const named = { table: name, relation: name, gone: [], done: [] } as const
  if (mark === undefined) return { kind: 'load', plan: { ...named, ...nothing } }
  if (mark.identity === identity || !goesOn(mark.identity, identity)) return undefined
  return { kind: 'load', plan: { ...named, isWhole: false, items: [], through: mark.through } }
}

async function stepOfEvents(
  { lake, batch, epochLength }: NextJobPorts,
  wanted: WantedTable,
  type: string,
  marks: ReadonlyMap<string, TableMark>,
): Promise<NextStep> {
  const boundary = await batch.boundary(wanted.boundary)
  if (boundary === undefined) return tableAlone(wanted, marks, NO_EVENTS)
  const target = targetOf(wanted, marks, () => true)
  if (target.toDrop !== undefined) return { kind: 'drop', relation: target.toDrop }
  const again = await lake.list(againOfType(type))
  const through = target.mark?.through ?? -1
  const epochs = await curatedEpochs(lake, type, {
    after: through,
    through: { epoch: boundary.epoch, epochLength },
  })
  const due = epochs.filter(epoch => epoch > through)
  const repeated = again.map(({ path }) => epochAgain(path)).filter(epoch => epoch !== undefined)
  const items = [...new Set([...repeated.filter(epoch => epoch <= through), ...due])]
  const kept = items.length === 0 ? items : await stillKept(lake, type, items)
  const some = kept.sort((a, b) => a - b).slice(0, MOST_LOADS)
  if (some.length === 0) return switchOf(target) ?? tableAlone(wanted, marks, NO_EVENTS)
  const plan = {
    ...{ table: wanted.table.name, relation: target.relation, isWhole: false, items: some, gone: [] },
    // Those that are done again come first, and do not move it.
    through: Math.max(through, some.at(-1)!),
    done: again.map(({ path }) => path).filter(path => some.includes(epochAgain(path) ?? -1)),
  }
  return { kind: 'load', plan }
}

/** Loaded again without its curated rows, an epoch would lose those that the table has of it. */
async function stillKept(
  lake: NextJobPorts['lake'],
  type: string,
  epochs: readonly number[],
): Promise<number[]> {
  const since = await curatedSince(lake, type)
  return epochs.filter(epoch => epoch >= since)
}

async function stepOfMetric(
  { lake, batch }: NextJobPorts,
  wanted: WantedTable,
  metric: { readonly id: string; readonly type: string },
  marks: ReadonlyMap<string, TableMark>,
): Promise<NextStep> {
  const boundary = await batch.boundary(metric.id)
  const ofType = await batch.boundary(tallyId(metric.type))
  if (boundary === undefined) return tableAlone(wanted, marks, NO_GENERATION)
  const { generation } = boundary
  const exported = await lake.list(metricExports(metric.id))
  const files = exported.map(({ path }) => ({ path, generation: exportedGeneration(path) ?? -1 }))
  const there = new Set(files.flatMap(file => (isGoneExport(file.path) ? [] : [file.generation])))
  const after = (through: number) => Array.from({ length: generation - through }, (_, i) => through + 1 + i)
  const canGoOn = ({ through }: TableMark) =>
    through >= 0 &&
    generation - through <= MOST_GENERATIONS &&
    generation >= through &&
    after(through).every(each => there.has(each))
  const target = targetOf(wanted, marks, canGoOn)
  if (target.toDrop !== undefined) return { kind: 'drop', relation: target.toDrop }
  const { relation } = target
  if (target.mark === undefined) {
    // Until it has caught up, an older table says more.
    if (ofType !== undefined && boundary.epoch < ofType.epoch) return { kind: 'later' }
    // Published and not settled: some partials are not where the boundary says.
    if ((await lake.list(journalOfMetric(metric.id))).length > 0) return { kind: 'later' }
    const done = files.filter(file => file.generation <= generation).map(({ path }) => path)
    const whole = { items: [], gone: [], isWhole: true, through: generation }
    return { kind: 'load', plan: { table: wanted.table.name, relation, ...whole, done } }
  }
  const items = after(target.mark.through).slice(0, MOST_LOADS)
  if (items.length === 0) return switchOf(target) ?? tableAlone(wanted, marks, NO_GENERATION)
  const used = files.filter(file => items.includes(file.generation))
  const gone = used.filter(({ path }) => isGoneExport(path)).map(file => file.generation)
  const some = { items, gone, isWhole: false, through: items.at(-1)!, done: used.map(({ path }) => path) }
  return { kind: 'load', plan: { table: wanted.table.name, relation, ...some } }
}

function switchOf({ isAside, relation, mark }: Target): NextStep {
  return isAside && mark !== undefined ? { kind: 'switch', aside: relation } : undefined
}
