import type { SpeedPorts } from '../../steps/apply-speed.ts'
import { createApplySpeed } from '../../steps/apply-speed.ts'
import { Crash } from './faulty-ports.ts'
import type { LoggedRecord } from './received-log.ts'

/** A consumer of some partitions, in log order. `next` is the first record it has not finished. */
export type Shard = { readonly records: readonly LoggedRecord[]; next: number }

/** Partition p belongs to shard p mod n. */
export function createShards(log: readonly LoggedRecord[], count: number): readonly Shard[] {
  return Array.from({ length: count }, (_, shard) => ({
    records: log.filter(({ partition }) => partition % count === shard),
    next: 0,
  }))
}

/** Delivers records [from, to) to one handler; false where it crashed. */
export async function deliver(shard: Shard, from: number, to: number, ports: SpeedPorts): Promise<boolean> {
  const batch = shard.records.slice(from, to)
  if (batch.length === 0) return true
  try {
    const { unreadable } = await createApplySpeed(ports)(batch)
    if (unreadable.length > 0) throw new Error(unreadable[0]!.reason)
    return true
  } catch (error) {
    if (error instanceof Crash) return false
    throw error
  }
}
