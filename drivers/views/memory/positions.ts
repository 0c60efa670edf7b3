import { comparePositions, type Position, padSequence, SEQUENCE_DIGITS } from '../../../core/data/position.ts'

/**
 * The position of each row. A place in the log of one machine is a safe integer and lies in a typed array; a
 * longer sequence number (Kinesis) lies beside it as text. A new row is before any position.
 */
export type Positions = {
  /** NaN where the sequence is a text. */
  sequences: Float64Array
  indexes: Float64Array
  readonly texts: Map<number, string>
}

export function createPositions(): Positions {
  return { sequences: new Float64Array(0), indexes: new Float64Array(0), texts: new Map() }
}

export function growPositions(positions: Positions, rows: number): void {
  const { sequences, indexes } = positions
  positions.sequences = new Float64Array(rows).fill(-1)
  positions.sequences.set(sequences)
  positions.indexes = new Float64Array(rows)
  positions.indexes.set(indexes)
}

/** A sequence as the number that it stands for; NaN where only its text says all of it. */
export function numberOf(sequence: string): number {
  const number = sequence.length === SEQUENCE_DIGITS ? Number(sequence) : Number.NaN
  return Number.isSafeInteger(number) ? number : Number.NaN
}

export function positionAt({ sequences, indexes, texts }: Positions, row: number): Position {
  const sequence = texts.get(row) ?? padSequence(String(sequences[row]!))
  return { sequence, index: indexes[row]! }
}

/** Whether a position lies after the row's; `number` is the one of its sequence. */
export function isAfter(positions: Positions, row: number, position: Position, number: number): boolean {
  const stored = positions.sequences[row]!
  if (stored < number || stored === -1) return true
  if (stored > number) return false
  if (stored === number) return position.index > positions.indexes[row]!
  return comparePositions(position, positionAt(positions, row)) > 0
}

export function setPosition(
  { sequences, indexes, texts }: Positions,
  row: number,
  { sequence, index }: Position,
  number: number,
): void {
  sequences[row] = number
  indexes[row] = index
  if (Number.isNaN(number)) texts.set(row, sequence)
  else if (texts.size > 0) texts.delete(row)
}
