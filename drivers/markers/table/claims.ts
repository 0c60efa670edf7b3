import { TributaryError } from '../../../core/errors.ts'
import type { Claim, Verdict } from '../../../core/ports/markers.ts'
import { ABSENT, DUPLICATE, ENTRY_WORDS, type Finding, writePosition } from './entry.ts'
import { fingerprint } from './fingerprint.ts'
import { addToFilter, findInGeneration, touchFilter } from './generation.ts'
import { findInSlots, insert, touchSlots } from './slots.ts'
import { MAX_FROZEN, type TableState } from './state.ts'

const VERDICTS: Record<Finding, Verdict> = ['first', 'duplicate', 'duplicate', 'redelivery']

/**
 * Claims that are fingerprinted together. Their places in table and filters are then touched in one go (see
 * `touchSlots`), which gives a fifth more claims a second.
 */
const LOOKAHEAD = 32
const ahead = new Int32Array(LOOKAHEAD * ENTRY_WORDS)
const entry = new Int32Array(ENTRY_WORDS)

/**
 * Judges claims from the `from`-th on and appends their verdicts. Answers how many of all claims are judged:
 * fewer than there are when the current table has to be frozen first.
 */
export function judgeClaims(
  state: TableState,
  claims: readonly Claim[],
  verdicts: Verdict[],
  from: number,
): number {
  for (let start = from; start < claims.length; start += LOOKAHEAD) {
    const end = Math.min(claims.length, start + LOOKAHEAD)
    encode(state, claims, start, end)
    for (let i = start; i < end; i++) {
      const { epoch } = claims[i]!
      if (isFull(state, epoch)) return i
      for (let word = 0; word < ENTRY_WORDS; word++) entry[word] = ahead[(i - start) * ENTRY_WORDS + word]!
      const finding = find(state, epoch)
      if (finding === ABSENT) remember(state, epoch)
      verdicts.push(VERDICTS[finding])
    }
  }
  return claims.length
}

/** Writes the entries of some claims into `ahead` and touches the memory that judging them needs. */
function encode(state: TableState, claims: readonly Claim[], start: number, end: number): void {
  let text: string | undefined
  let sequence = 0
  for (let i = start, at = 0; i < end; i++, at += ENTRY_WORDS) {
    const claim = claims[i]!
    if (claim.sequence !== text) {
      // Once a record: its events share the very same text.
      text = claim.sequence
      sequence = parseSequence(text)
    }
    fingerprint(state.keys, claim.key, ahead, at)
    writePosition(ahead, at, claim, sequence)
  }
  const to = (end - start) * ENTRY_WORDS
  touchSlots(state.current.slots, ahead, 0, to)
  for (const { filter } of state.generations) if (filter !== undefined) touchFilter(filter, ahead, to)
}

/**
 * Full, or half full at the start of an epoch: a table of few epochs is given up sooner when they are beyond
 * the horizon.
 */
function isFull({ current: { slots }, frozen }: TableState, epoch: number): boolean {
  if (slots.count >= slots.capacity) return true
  return epoch > slots.newest && slots.count * 2 >= slots.capacity && frozen.length < MAX_FROZEN
}

/** Embedded log positions are numbers a double holds exactly; wider ones (Kinesis) do not fit an entry. */
function parseSequence(text: string): number {
  const sequence = Number(text)
  if (Number.isSafeInteger(sequence) && sequence >= 0) return sequence
  throw new TributaryError('internal', `the marker table takes sequence numbers below 2^53, not "${text}"`)
}

/** Newest table first, because the latest claim of a key is the one that usually counts. */
function find({ current, generations, reach }: TableState, epoch: number): Finding {
  let finding = findInSlots(current.slots, entry, reach)
  for (let i = 0; finding < DUPLICATE && i < generations.length; i++) {
    const found = findInGeneration(generations[i]!, entry, epoch, reach)
    if (found > finding) finding = found
  }
  return finding
}

function remember(state: TableState, epoch: number): void {
  insert(state.current.slots, entry, 0)
  addToFilter(state.generations[0]!.filter!, entry)
  if (epoch > state.newest) state.newest = epoch
}
