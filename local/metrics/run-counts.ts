import type { Run, Runs } from '../../core/ports/runs.ts'

/** Runs that have ended since the start, and what they found out about both layers. */
export type RunCounts = {
  readonly runs: readonly {
    readonly machine: string
    readonly outcome: Exclude<Run['status'], 'running'>
    readonly count: number
    readonly seconds: number
  }[]
  /** Partials that batches have compared with the speed layer's, and those that differed. */
  readonly compared: number
  readonly different: number
}

/** A record of runs that counts those which end, with what it has counted. */
export function countedRuns(runs: Runs): Runs & { readonly counts: () => RunCounts } {
  const ended = new Map<string, { machine: string; outcome: Run['status']; count: number; seconds: number }>()
  let compared = 0
  let different = 0

  const note = ({ machine, status, startedAt, endedAt, report }: Run): void => {
    if (status === 'running' || endedAt === undefined) return
    const key = `${machine} ${status}`
    const known = ended.get(key) ?? { machine, outcome: status, count: 0, seconds: 0 }
    known.count++
    known.seconds += (endedAt - startedAt) / 1000
    ended.set(key, known)
    for (const numbers of comparisonsIn(report)) {
      compared += numbers.compared
      different += numbers.different
    }
  }
  return {
    ...runs,
    async put(run) {
      await runs.put(run)
      note(run)
    },
    counts: () => ({ runs: [...ended.values()] as RunCounts['runs'], compared, different }),
  }
}

type Comparison = { readonly compared: number; readonly different: number }

/**
 * What the reconcile step reported (steps/batch/reconcile/reconcile.ts), epoch by epoch and metric by metric.
 */
function comparisonsIn(report: Run['report']): readonly Comparison[] {
  const epochs = Object.values((report['epochs'] ?? {}) as Record<string, Report | undefined>)
  return epochs
    .flatMap(epoch => Object.values(epoch?.reconciliation?.metrics ?? {}))
    .filter(numbers => typeof numbers !== 'string')
}

type Report = {
  readonly reconciliation?: { readonly metrics?: Readonly<Record<string, Comparison | string>> }
}
