import type { Pipeline } from '../../core/declare/pipeline.ts'
import type { Run } from '../../core/ports/runs.ts'

/**
 * `recent`: runs, newest first. The failure of a machine that failed when it last ended. Only those count
 * that a schedule starts, which will go on failing: what somebody started by hand is answered to whoever did.
 * The warehouse has a part of its own.
 */
export function lastFailure(
  { schedules }: Pick<Pipeline, 'schedules'>,
  recent: readonly Run[],
): string | null {
  const machines = new Set(['batch', ...schedules.map(({ machine }) => machine)])
  machines.delete('warehouse')
  for (const machine of machines) {
    const last = recent.find(run => run.machine === machine && run.status !== 'running')
    if (last?.status === 'failed')
      return `${last.error?.name}: ${last.error?.cause} (run ${last.id} of ${machine})`
  }
  return null
}
