import { formatInstant, pathInstant } from '../../../core/data/time.ts'
import { toTributaryError } from '../../../core/errors.ts'
import type { LakeEngine } from '../../../core/ports/lake-engine.ts'
import type { LakeFolder } from '../../../core/ports/lake-folder.ts'
import type { OpenEpoch, RealTimeViews } from '../../../core/ports/views.ts'
import { type Finding, type HoldPorts, hold } from '../held.ts'
import { contractOf, metricOf } from '../lookup.ts'
import { partialsAt } from '../settle.ts'
import type { TaskResult } from '../task.ts'
import { openByKeys } from './epoch-keys.ts'
import type { MetricComparison, TypeComparison } from './list-comparisons.ts'
import { type MetricNumbers, reconcileMetric } from './reconcile-metric.ts'
import { reconcileType, type TypeNumbers, tallyOf } from './reconcile-type.ts'

export type ComparePorts = HoldPorts & {
  readonly lake: LakeFolder
  readonly engine: LakeEngine
  readonly speed: Pick<RealTimeViews, 'epoch'>
  /** Opens an epoch that is compared; default: the speed layer is asked for some keys at a time. */
  readonly openEpoch?: OpenEpoch
}

export type CompareTask = (TypeComparison | MetricComparison) & {
  /** Run id. */
  readonly run: string
}

/** What a comparison came to, in numbers; which keys differ stands in the report. */
export type Found = Pick<TypeNumbers, 'problems'> | Pick<MetricNumbers, 'compared' | 'different'>

export type CompareResult = TaskResult<{ readonly id: string; readonly found: Found }>

export type Compare = (task: CompareTask) => Promise<CompareResult>

const DIFFERENT = 'reconciliation_mismatch'

/**
 * Builds the step that compares what the layers say of one type, or of one metric, in an epoch. What differs
 * is reported and held: a type with all its metrics, a metric by itself.
 */
export function createCompare(ports: ComparePorts): Compare {
  return async task => {
    try {
      return 'refined' in task ? await compareType(ports, task) : await compareMetric(ports, task)
    } catch (error) {
      // Its name is what it is held for.
      throw toTributaryError(error)
    }
  }
}

async function compareType(
  ports: ComparePorts,
  task: TypeComparison & Pick<CompareTask, 'run'>,
): Promise<CompareResult> {
  const { type, isWhole } = task
  const compared = await reconcileType(ports.speed, contractOf(ports.pipeline, type), task)
  const numbers: TypeNumbers = isWhole ? compared : { ...compared, notCompared: 'declared in mid-epoch' }
  const { problems } = numbers
  const found = problems.length === 0 ? undefined : { detail: problems.join('; ') }
  const report = await reported(ports, task, { types: { [type]: numbers } }, found)
  return { id: task.id, found: { problems }, report }
}

async function compareMetric(
  ports: ComparePorts,
  task: MetricComparison & Pick<CompareTask, 'run'>,
): Promise<CompareResult> {
  const { id, epoch } = task
  const { engine, speed, openEpoch = openByKeys(speed) } = ports
  const metric = metricOf(ports.pipeline, id)
  const partials = await partialsAt(ports.lake, { kind: 'staged-partials', metric: id, epoch })
  const exact = await reconcileMetric({ engine, openEpoch }, metric, epoch, partials)
  const numbers = (await isLooser(ports, metric.type, task)) ? { ...exact, different: 0 } : exact
  const { compared, different, mismatches } = numbers
  const detail = `${different} keys differ between the layers, of ${compared} in the batch layer`
  const keys = mismatches.map(({ window, group }) => `${formatInstant(window)} ${group}`)
  const found = different === 0 ? undefined : { detail, keys }
  const report = await reported(ports, task, { metrics: { [id]: numbers } }, found)
  return { id, found: { compared, different }, report }
}

/**
 * With a marker a record the speed layer may hold duplicates that the batch layer removed: no fault of
 * either.
 */
async function isLooser(
  { speed }: ComparePorts,
  type: string,
  { epoch, curated, isTallied }: MetricComparison,
): Promise<boolean> {
  if (curated === undefined) return false
  return !isTallied || (await tallyOf(speed, type, epoch)).counted !== curated
}

/** The report of a comparison; what differs is held, unless it is accepted. */
async function reported(
  ports: ComparePorts,
  { id, mode, epoch, isAccepted, run }: CompareTask,
  reconciliation: object,
  found: Pick<Finding, 'detail' | 'keys'> | undefined,
): Promise<CompareResult['report']> {
  const accepted = found !== undefined && isAccepted ? { accepted: { [id]: found.detail } } : {}
  const findings = found === undefined || isAccepted ? [] : [{ id, mode, epoch, code: DIFFERENT, ...found }]
  const held = await hold(ports, run, findings)
  return { epochs: { [pathInstant(epoch)]: { reconciliation, ...accepted } }, ...held }
}
