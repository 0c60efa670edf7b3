import { MAX_NAME } from '../event/event.ts'

/** The place of an event in the numbering of its source, as the CloudEvents extension `sequence` says it. */
export type Numbered = { readonly index: number; readonly source: string; readonly number: number }

/** Numbers of a source that have not been seen, both ends included. */
export type Unseen = {
  readonly source: string
  readonly from: number
  readonly to: number
  /** Since when numbers of this source have been looked at, ms since 1970. */
  readonly since: number
}

/**
 * The highest number of each source that this process has seen, for the sources seen last. What lies between
 * it and a higher one has not been seen so far; it may be under way.
 */
export type Sequences = {
  /** Notes what `from` sent in one request, in any order, and answers what is missing between. */
  note(numbered: readonly Numbered[], from: string, now: number): readonly Unseen[]
}

type Known = { highest: number; isContiguous: boolean; readonly since: number }

/** Sources that are remembered: with names of the longest kind some 8 MB. */
const MOST_SOURCES = 4096
/** Ranges that are answered to one request. */
const MOST_RANGES = 100

export function createSequences(mostSources = MOST_SOURCES): Sequences {
  const sources = new Map<string, Known>()
  const knownOf = (key: string, numbers: readonly number[], now: number): Known => {
    const known = sources.get(key) ?? { highest: numbers[0]! - 1, isContiguous: false, since: now }
    // Maps keep the order in which keys were put in: who is heard of goes to the end.
    sources.delete(key)
    sources.set(key, known)
    if (sources.size > mostSources) sources.delete(sources.keys().next().value!)
    return known
  }
  return {
    note(numbered, from, now) {
      const unseen: Unseen[] = []
      for (const [source, all] of Map.groupBy(numbered, one => one.source)) {
        const numbers = [...new Set(all.map(one => one.number))].sort((a, b) => a - b)
        const isNew = !sources.has(`${from}\n${source}`)
        const known = knownOf(`${from}\n${source}`, numbers, now)
        const gaps = gapsBehind(known, numbers, isNew)
        if (known.isContiguous) unseen.push(...gaps.map(gap => ({ source, ...gap, since: known.since })))
      }
      return unseen.slice(0, MOST_RANGES)
    },
  }
}

type Gap = Pick<Unseen, 'from' | 'to'>

/**
 * What lies between the highest number and those above it, which become known. Only a source of which two
 * numbers in a row were seen counts by ones: others may number by time, or share a numbering with others.
 */
function gapsBehind(known: Known, numbers: readonly number[], isNew: boolean): readonly Gap[] {
  const gaps: Gap[] = []
  for (const number of numbers) {
    if (number <= known.highest) continue
    if (number > known.highest + 1) gaps.push({ from: known.highest + 1, to: number - 1 })
    else if (!isNew || number !== numbers[0]) known.isContiguous = true
    known.highest = number
  }
  return gaps
}

/**
 * The number that an event has in its source. It is one where `sequence` is a whole number, as digits or as a
 * number, and `sequencetype`, if there is one, is `Integer`; any other sequence only has an order.
 */
export function numberOf(event: Readonly<Record<string, unknown>>): number | undefined {
  const sequence = event['sequence']
  if (sequence === undefined) return undefined
  const { sequencetype: kind, source } = event
  // A rejected event's may be of any length.
  if (typeof source !== 'string' || source.length > MAX_NAME) return undefined
  if (kind !== undefined && kind !== null && kind !== 'Integer') return undefined
  const number = typeof sequence === 'string' && /^\d{1,15}$/.test(sequence) ? Number(sequence) : sequence
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined
}
