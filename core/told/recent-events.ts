import type { CloudEvent } from '../event/event.ts'
import { isSameContent } from './same-content.ts'
import { createTextRing } from './text-ring.ts'

/** An event whose id came before with other content, and what came then. */
export type Conflict = {
  /** Its place within its record. */
  readonly place: number
  readonly id: string
  readonly receipt: string
  /** Receipt of the one that came before. */
  readonly earlier: string
}

/** Lines of a record as they were packed: for each of them the hash of its id, and where it begins. */
export type NotedLines = {
  readonly data: string
  readonly hashes: readonly number[]
  readonly offsets: readonly number[]
}

/**
 * The events that this process stored last, by their ids: the last 65,536, or fewer where their text comes to
 * more than 16 MiB. What is found is compared as it was stored, so that a conflict is always one.
 */
export type RecentEvents = {
  /** The number under which events of a sender are noted; not named, it is another one each time. */
  senderOf(name: string | undefined): number
  /** Notes stored lines, and answers which of them conflict with what the same sender sent before. */
  note(lines: NotedLines, sender: number): readonly Conflict[]
}

export type RecentLimits = { readonly events: number; readonly bytes: number }

const LIMITS: RecentLimits = { events: 2 ** 16, bytes: 2 ** 24 }
/** Events of one hash that are looked at; more have it only where somebody wants that. */
const MOST_STEPS = 8
/** Events of a record that are compared with others by reading both: bounds what a request can cost. */
const MOST_READ = 100

/**
 * A table of chains over a ring, as compressors find what they saw before: noting writes five numbers and
 * deletes nothing, as what has left a ring is known by its distance. Nothing of it is an object, so that a
 * collection of garbage has nothing to copy.
 *
 * @param limits `events` is a power of two
 */
export function createRecentEvents(limits = LIMITS): RecentEvents {
  const size = limits.events
  const mask = size - 1
  const heads = new Int32Array(size)
  const chain = new Int32Array(size)
  const hashOf = new Int32Array(size)
  const senderOf = new Int32Array(size)
  const placeOf = new Float64Array(size)
  const texts = createTextRing(limits.bytes)
  // Counted from beyond the ring, so that a head nobody has written points at nothing.
  let event = size + 1

  const insert = (hash: number, sender: number, place: number): void => {
    const at = event & mask
    chain[at] = heads[hash & mask]!
    heads[hash & mask] = event
    hashOf[at] = hash
    senderOf[at] = sender
    placeOf[at] = place
    event++
  }
  /** Finds an event of the same identity, and says how it differs; undefined: none is known. */
  const find = (lines: NotedLines, i: number, sender: number, budget: Budget): Found | undefined => {
    const hash = lines.hashes[i]!
    let next = heads[hash & mask]!
    for (let step = 0; step < MOST_STEPS; step++) {
      const distance = (event - next) | 0
      if (distance <= 0 || distance > size) return undefined
      const at = next & mask
      const isAlike = hashOf[at] === hash && senderOf[at] === sender
      const other = isAlike ? texts.lineAt(placeOf[at]!) : undefined
      const found = other === undefined ? 'another' : compare(lineOf(lines, i), other, budget)
      if (found !== 'another') return found
      next = chain[at]!
    }
    return undefined
  }
  return {
    senderOf: createSenders(),
    note(lines, sender) {
      const { data, hashes, offsets } = lines
      const { place, isAscii } = texts.append(data)
      if (place === 0) return []
      const budget = { reads: MOST_READ }
      const conflicts: Conflict[] = []
      for (let i = 0; i < hashes.length; i++) {
        const found = find(lines, i, sender, budget)
        if (found === undefined)
          insert(hashes[i]!, sender, place + (isAscii ? offsets[i]! : bytesBefore(lines, i)))
        else if (found !== 'same') conflicts.push({ place: i, ...found })
      }
      return conflicts
    },
  }
}

type Budget = { reads: number }
type Found = 'same' | Omit<Conflict, 'place'>

function bytesBefore({ data, offsets }: NotedLines, i: number): number {
  return Buffer.byteLength(data.slice(0, offsets[i]))
}

function lineOf({ data, offsets }: NotedLines, i: number): string {
  return data.slice(offsets[i], (offsets[i + 1] ?? data.length) - 1)
}

/** Names that are known at a time; with more, all that came before is as of others. */
const MOST_NAMES = 10_000

function createSenders(): (name: string | undefined) => number {
  const known = new Map<string, number>()
  let last = 0
  return name => {
    const number = name === undefined ? undefined : known.get(name)
    if (number !== undefined) return number
    last = (last + 1) | 0
    if (name === undefined) return last
    if (known.size >= MOST_NAMES) known.clear()
    known.set(name, last)
    return last
  }
}

/** A line as `packRecords` writes it: the receipt, and what the sender said. */
function partsOf(line: string): { readonly receipt: string; readonly own: string } {
  const receiptAt = FIRST_STAMP.length
  return {
    receipt: line.slice(receiptAt, line.indexOf('"', receiptAt)),
    own: line.slice(line.indexOf(',', line.indexOf(LAST_STAMP)) + 1),
  }
}

const FIRST_STAMP = '{"tbreceipt":"'
const LAST_STAMP = '"tbpartition":'

function compare(line: string, earlier: string, budget: Budget): Found | 'another' {
  const one = partsOf(line)
  const other = partsOf(earlier)
  if (one.own === other.own) return 'same'
  if (budget.reads-- <= 0) return 'another'
  const sent = JSON.parse(`{${one.own}`) as CloudEvent
  const stored = JSON.parse(`{${other.own}`) as CloudEvent
  if (sent.id !== stored.id || sent.source !== stored.source || sent.type !== stored.type) return 'another'
  if (isSameContent(sent, stored)) return 'same'
  return { id: sent.id, receipt: one.receipt, earlier: other.receipt }
}
