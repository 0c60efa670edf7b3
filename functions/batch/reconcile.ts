import { TributaryError } from '../../core/errors.ts'
import { type ComparePorts, createCompare, type Found } from '../../steps/batch/reconcile/compare.ts'
import {
  createListComparisons,
  type ListComparisonsPorts,
  type ListComparisonsResult,
} from '../../steps/batch/reconcile/list-comparisons.ts'
import { createReconcile, type ReconcilePorts } from '../../steps/batch/reconcile/reconcile.ts'
import {
  type Fields,
  failedIn,
  failureOf,
  listOf,
  modeOf,
  numberOf,
  payloadOf,
  readMetricWork,
  textOf,
} from '../../steps/batch/task.ts'
import { acceptedNames } from './progress.ts'

/**
 * The three tasks of a reconciliation: `{ action: 'list', epoch, mode, refined, aggregated, metrics, input }`
 * → what there is to compare; `{ action: 'compare', comparison, run }` → what one comparison came to; `{
 * action: 'conclude', epoch, mode, run, refined, aggregated, compared, notCompared }` → what all came to. An
 * item of `refined`, `aggregated` or `compared` may be a failure that its Map caught.
 */
export function reconcile(ports: ListComparisonsPorts & ComparePorts & ReconcilePorts) {
  const [list, compare, conclude] = [
    createListComparisons(ports),
    createCompare(ports),
    createReconcile(ports),
  ]
  return async (input: unknown) => {
    const payload = payloadOf(input)
    switch (payload['action']) {
      case 'list':
        return list({
          ...readCommon(payload),
          metrics: listOf(payload, 'metrics', readMetricWork),
          accept: acceptedNames(payload),
        })
      case 'compare': {
        // As this function listed it.
        const comparison = payloadOf(payload['comparison']) as ListComparisonsResult['items'][number]
        return compare({ ...comparison, run: textOf(payload, 'run') })
      }
      case 'conclude':
        return conclude({
          ...readCommon(payload),
          run: textOf(payload, 'run'),
          compared: listOf(payload, 'compared', readCompared),
          notCompared: payloadOf(payload['notCompared']) as ListComparisonsResult['notCompared'],
        })
      default:
        throw new TributaryError(
          'conflict',
          'the run was started by an older version, which compares everything at once; the next run does its work',
        )
    }
  }
}

function readCommon(payload: Fields) {
  return {
    epoch: numberOf(payload, 'epoch'),
    mode: modeOf(payload),
    refined: listOf(payload, 'refined', readRefined),
    failed: failedIn(payload, 'aggregated'),
  }
}

function readRefined(value: unknown) {
  const payload = payloadOf(value)
  const failure = failureOf(payload)
  if (failure !== undefined) return { type: textOf(payload, 'type'), failure }
  const number = (name: string) => numberOf(payload, name)
  return {
    ...{ type: textOf(payload, 'type'), raw: number('raw'), curated: number('curated') },
    ...{ duplicates: number('duplicates'), redelivered: number('redelivered') },
    missing: Number(payload['missing'] ?? 0),
  }
}

function readCompared(value: unknown) {
  const payload = payloadOf(value)
  const [id, failure] = [textOf(payload, 'id'), failureOf(payload)]
  return failure === undefined ? { id, found: payloadOf(payload['found']) as Found } : { id, failure }
}
