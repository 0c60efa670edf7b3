import { receivedAt } from '../../core/event/receipt.ts'
import type { LakeRow } from '../../core/ports/lake-engine.ts'
import { fieldsRead } from '../../core/sql/curated.ts'
import { eventsOfCell, placedOfCell } from '../../core/sql/explain/cell-rows.ts'
import { countedOfCell } from '../../core/sql/explain/raw-lines.ts'
import type { ComputedCells } from './compute-cells.ts'
import type { EpochSource } from './epoch-sources.ts'
import { foundReceipt } from './found-receipt.ts'
import type { LookTask } from './look-into-lake.ts'
import type { FoundEvent, LakeAnswer } from './question.ts'

/**
 * A page of the events of a cell, epoch by epoch: receipts of a later epoch are later, so that most epochs
 * need not be looked into.
 */
export async function pageOfEvents(
  { ports, session, engine, metric, question }: LookTask,
  sources: readonly EpochSource[],
  computed: ComputedCells,
): Promise<Pick<LakeAnswer, 'events' | 'hasMore'>> {
  const { after, limit } = question.page
  const from = after === undefined ? Number.NEGATIVE_INFINITY : receivedAt(after)
  const events: FoundEvent[] = []
  for (const { epoch, curated } of [...sources].sort((a, b) => a.epoch - b.epoch)) {
    if (events.length > limit) break
    if (computed.eventsIn(epoch) === 0 || epoch + ports.epochLength <= from) continue
    const rows =
      curated === undefined
        ? countedOfCell([epoch])
        : placedOfCell(engine.dialect, metric, question.cell, engine.dialect.scanPlaced(curated))
    const page = { after, limit: limit + 1 - events.length }
    const found = await session.rows(eventsOfCell(engine.dialect, metric, rows, page))
    events.push(...found.map(row => foundEvent(row, fieldsRead(metric).length)))
  }
  return { events: events.slice(0, limit), hasMore: events.length > limit }
}

function foundEvent(row: LakeRow, fields: number): FoundEvent {
  return {
    ...foundReceipt(row),
    partition: Number(row['event_partition']),
    values: Array.from({ length: fields }, (_, i) => (row[`f${i}`] ?? null) as string | null),
  }
}
