/**
 * Where an event stands in its partition. Sequence numbers have up to 56 digits (Kinesis), so they are kept
 * as zero-padded decimal text, which compares as the numbers do.
 */
export type Position = { readonly sequence: string; readonly index: number }

/** Digits a sequence number is padded to: the longest that Kinesis gives. */
export const SEQUENCE_DIGITS = 56

/** Pads a sequence number so that text order is number order. */
export function padSequence(sequence: string): string {
  return sequence.length === SEQUENCE_DIGITS ? sequence : sequence.padStart(SEQUENCE_DIGITS, '0')
}

/** Negative when `a` is before `b`, zero when equal, positive when after. */
export function comparePositions(a: Position, b: Position): number {
  if (a.sequence === b.sequence) return a.index - b.index
  return a.sequence < b.sequence ? -1 : 1
}
