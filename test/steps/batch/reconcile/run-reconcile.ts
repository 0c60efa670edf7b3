import { type ErrorCode, TributaryError, toTributaryError } from '../../../../core/errors.ts'
import { type ComparePorts, createCompare } from '../../../../steps/batch/reconcile/compare.ts'
import {
  createListComparisons,
  type ListComparisonsPorts,
  type ListComparisonsTask,
  type NotCompared,
} from '../../../../steps/batch/reconcile/list-comparisons.ts'
import { createReconcile, type ReconcilePorts } from '../../../../steps/batch/reconcile/reconcile.ts'
import type { MetricNumbers } from '../../../../steps/batch/reconcile/reconcile-metric.ts'
import type { TypeNumbers } from '../../../../steps/batch/reconcile/reconcile-type.ts'

type Report = Readonly<Record<string, unknown>>

/** What a report says of a reconciliation. */
export type Reconciled = {
  readonly epoch: number
  readonly types: Readonly<Record<string, TypeNumbers>>
  readonly metrics: Readonly<Record<string, MetricNumbers | NotCompared>>
}

/** Compares what there is to compare, item by item as the Map of the machine does. Answers one report. */
export async function runReconcile(
  ports: ListComparisonsPorts & ComparePorts & ReconcilePorts,
  task: ListComparisonsTask & { readonly run: string },
): Promise<{ readonly ok: boolean; readonly report: Report }> {
  const { run } = task
  const { items, notCompared, report: listed } = await createListComparisons(ports)(task)
  const compare = createCompare(ports)
  const reports: Report[] = [listed]
  const compared = []
  for (const item of items)
    compared.push(
      await compare({ ...item, run }).then(
        ({ report, ...result }) => {
          reports.push(report)
          return result
        },
        error => ({ id: item.id, failure: failureOf(error) }),
      ),
    )
  const { status, ok, failure, report } = await createReconcile(ports)({ ...task, compared, notCompared })
  if (status === 'failed') throw new TributaryError(failure.code as ErrorCode, failure.detail)
  return { ok, report: [...reports, report].reduce(merged, {}) }
}

function failureOf(error: unknown) {
  const { code, message } = toTributaryError(error)
  return { code, detail: message }
}

/** As the record of a run merges what its tasks report. */
function merged(into: Report, part: Report): Report {
  const both = { ...into }
  for (const [key, value] of Object.entries(part)) {
    const before = both[key]
    both[key] = isPlain(before) && isPlain(value) ? merged(before, value) : value
  }
  return both
}

function isPlain(value: unknown): value is Report {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
