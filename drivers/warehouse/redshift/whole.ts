import { randomUUID } from 'node:crypto'
import { TributaryError } from '../../../core/errors.ts'
import { outcomeOf, type RedshiftWorkgroup, startBatch } from './statements.ts'

/** Looks of up to 20 s each: a workgroup that sleeps takes its time to wake. */
const LOOKS = 9
const SECONDS = 20

/**
 * Runs short statements in one transaction and waits for their end; answers the id of the batch.
 *
 * @throws TributaryError what they failed for; `unavailable` where they do not end within three minutes
 */
export async function runWhole(
  workgroup: RedshiftWorkgroup,
  what: string,
  sqls: readonly string[],
): Promise<string> {
  const id = await startBatch(workgroup, `${what} ${randomUUID()}`, sqls)
  for (let look = 0; look < LOOKS; look++) {
    const outcome = await outcomeOf(workgroup, id, SECONDS)
    if (outcome.state === 'failed') throw outcome.failure
    if (outcome.state === 'finished') return id
  }
  throw new TributaryError('unavailable', `warehouse: ${what} has not ended within ${LOOKS * SECONDS} s`)
}
