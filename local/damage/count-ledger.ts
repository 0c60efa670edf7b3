import { join } from 'node:path'
import { checkOf } from '../../drivers/lake/checks/file-check.ts'
import { readRawCheck } from '../../drivers/lake/checks/raw-checks.ts'
import type { DeliveryState } from '../../drivers/raw/delivery-state.ts'
import { type EpochCounts, type LedgerState, NEVER } from '../../drivers/stream/log/ledger-file.ts'
import type { Patient } from './patient.ts'
import { rawObjects } from './raw/objects.ts'

/**
 * The ledger as the raw lake tells it, once everything of the log is delivered: a line is an event that was
 * acknowledged. Epochs that are over are closed by the clock at the next start.
 */
export async function countLedger(
  { paths, epochLength }: Patient,
  delivery: DeliveryState,
  latestArrival: number,
): Promise<LedgerState> {
  const epochs = new Map<number, EpochCounts>()
  for (const { object, type, epoch } of await rawObjects(paths.lake)) {
    const counts = epochs.get(epoch) ?? { accepted: new Map<string, number>(), end: delivery.position }
    counts.accepted.set(type, (counts.accepted.get(type) ?? 0) + (await linesOf(paths.lake, object)))
    epochs.set(epoch, counts)
  }
  return { epochLength, closedThrough: NEVER, lsn: delivery.position, latestArrival, epochs }
}

async function linesOf(lake: string, object: string): Promise<number> {
  const sealed = await readRawCheck(lake, object)
  return sealed?.lines ?? (await checkOf(join(lake, object), { lines: true })).lines ?? 0
}
