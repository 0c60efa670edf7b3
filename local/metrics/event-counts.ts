import type { IngestOutcome } from '../../steps/ingest-outcome.ts'
import type { UndeclaredFields } from '../telling/undeclared-fields.ts'

/** Events since the start, by what became of them. */
export type EventCounts = {
  /** A step that takes events in, counted. */
  counted<A extends readonly unknown[]>(
    take: (...args: A) => Promise<IngestOutcome>,
  ): (...args: A) => Promise<IngestOutcome>
  accepted(): number
  /** Code → events. */
  rejected(): ReadonlyMap<string, number>
  /** Refused for now, to be sent again. */
  refused(): number
}

export function createEventCounts(undeclared: Pick<UndeclaredFields, 'note'>): EventCounts {
  const rejected = new Map<string, number>()
  let accepted = 0
  let refused = 0
  const note = (outcome: IngestOutcome): IngestOutcome => {
    accepted += outcome.accepted
    refused += outcome.retry.length
    if (outcome.undeclared !== undefined) undeclared.note(outcome.undeclared)
    for (const { code } of outcome.rejected) rejected.set(code, (rejected.get(code) ?? 0) + 1)
    return outcome
  }
  return {
    counted:
      take =>
      (...args) =>
        take(...args).then(note),
    accepted: () => accepted,
    rejected: () => rejected,
    refused: () => refused,
  }
}
