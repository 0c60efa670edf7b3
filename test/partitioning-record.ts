import type { PartitioningRecord, RecordedPartitioning } from '../core/ports/ledger.ts'

/** The record of partitions in memory, shared by all who are given it; `passes` lets others go first. */
export function memoryPartitioningRecord(passes: () => Promise<void> = async () => undefined) {
  let recorded: RecordedPartitioning | undefined
  const record: PartitioningRecord & { readonly now: () => RecordedPartitioning | undefined } = {
    now: () => recorded,
    async read() {
      const seen = recorded
      await passes()
      return seen
    },
    async replace(seen, partitioning) {
      await passes()
      if (recorded?.version !== seen) return false
      recorded = { version: (seen ?? 0) + 1, partitioning }
      return true
    },
  }
  return record
}
