import type { CloudEvent } from '../event/event.ts'
import { isSameContent } from './same-content.ts'
import { createTextRing } from './text-ring.ts'

/** An event whose id came before with other content, and what came then. */
export type Conflict = {
  /** Its record among those that were noted together, and its place in it. */
  readonly record: number
  readonly place: number
  readonly id: string
  readonly receipt: string
  /** Receipt of the one that came before. */
  readonly earlier: string
}

/** Lines of a record as they were packed: for each of them the hash of its id, and where it begins. */
export type NotedLines = {
  readonly record: { readonly data: string }
  readonly hashes: readonly number[]
  readonly offsets: readonly number[]
}

/**
 * The events that this process stored last, by their ids: the last 4,096, or fewer where their text comes to
 * more than a million characters. What is found is compared as it was stored, so that a conflict is always
 * one.
 */
export type RecentEvents = {
  /** The number under which events of a sender are noted; not named, it is another one each time. */
  senderOf(name: string | undefined): number
  /** Notes the lines of stored records, and answers which conflict with what the same sender sent before. */
  note(records: readonly NotedLines[], sender: number): readonly Conflict[]
}

export type RecentLimits = { readonly events: number; readonly characters: number }

/** What stays in the caches of a processor: sixteen times as much costs twice as much an event. */
const LIMITS: RecentLimits = { events: 2 ** 12, characters: 2 ** 20 }
/** Numbers of an event in the table, side by side; eight keep them in one line of the cache. */
const LINK = 8
/** Events of one hash that are looked at; more have it only where somebody wants that. */
const MOST_STEPS = 8
/** Events of a request that are compared with others by reading both: bounds what one can cost. */
const MOST_READ = 100

/**
 * A table of chains over a ring, as compressors find what they saw before: noting writes six numbers and
 * deletes nothing, as what has left a ring is known by its distance. Texts are those that the records had:
 * they are few, so that collections of garbage cost less with them than a copy of each would.
 *
 * @param limits `events` is a power of two
 */
export function createRecentEvents(limits = LIMITS): RecentEvents {
  const size = limits.events
  const mask = size - 1
  const heads = new Int32Array(size)
  // Of each event: the one before it in its chain, hash, sender, the text it is in, and where it begins.
  const links = new Int32Array(size * LINK)
  const texts = createTextRing(size, limits.characters)
  // Counted from beyond the ring, so that a head nobody has written points at nothing.
  let event = size + 1
  const budget: Budget = { reads: MOST_READ }

  const insert = (hash: number, sender: number, text: number, offset: number): void => {
    const link = (event & mask) * LINK
    links[link] = heads[hash & mask]!
    links[link + 1] = hash
    links[link + 2] = sender
    links[link + 3] = text
    links[link + 4] = offset
    heads[hash & mask] = event
    event++
  }
  /** Finds an event of the same identity, and says how it differs; undefined: none is known. */
  const find = (lines: NotedLines, i: number, sender: number): Found | undefined => {
    const hash = lines.hashes[i]!
    let next = heads[hash & mask]!
    for (let step = 0; step < MOST_STEPS; step++) {
      const distance = (event - next) | 0
      if (distance <= 0 || distance > size) return undefined
      const link = (next & mask) * LINK
      const isAlike = links[link + 1] === hash && links[link + 2] === sender
      const other = isAlike ? texts.lineAt(links[link + 3]!, links[link + 4]!) : undefined
      const found = other === undefined ? 'another' : compare(lineOf(lines, i), other, budget)
      if (found !== 'another') return found
      next = links[link]!
    }
    return undefined
  }
  return {
    senderOf: createSenders(),
    note(records, sender) {
      const conflicts: Conflict[] = []
      for (let record = 0; record < records.length; record++) {
        const lines = records[record]!
        const { hashes, offsets } = lines
        let text: number | undefined
        for (let i = 0; i < hashes.length; i++) {
          const found = find(lines, i, sender)
          if (found === undefined) {
            text ??= texts.append(lines.record.data)
            insert(hashes[i]!, sender, text, offsets[i]!)
          } else if (found !== 'same') conflicts.push({ record, place: i, ...found })
        }
      }
      budget.reads = MOST_READ
      return conflicts
    },
  }
}

type Budget = { reads: number }
type Found = 'same' | Omit<Conflict, 'record' | 'place'>

function lineOf({ record: { data }, offsets }: NotedLines, i: number): string {
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
