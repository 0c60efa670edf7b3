import type { Fold, PlacedEvent } from '../../../core/fold/share.ts'

/**
 * The groups of a metric and epoch, each under a number: their texts are kept once, and rows hold numbers.
 */
export type Groups = {
  readonly texts: string[]
  readonly numbers: Map<string, number>
  /**
   * Field by field, from the values of an event to its group's number: no text is made for a group seen
   * before.
   */
  readonly byValue: ValueNode
  /** Leaves of `byValue`. */
  learnt: number
  /** How many of the texts are durable. */
  saved: number
}

type ValueNode = Map<unknown, ValueNode | number>

/** Values that round to one group may be many, so what is learnt is bounded. */
const LEARNT_AT_LEAST = 1024

export function createGroups(): Groups {
  return { texts: [], numbers: new Map(), byValue: new Map(), learnt: 0, saved: 0 }
}

/** The number of a group, given when it is new. */
export function groupNumber(groups: Groups, text: string): number {
  const known = groups.numbers.get(text)
  if (known !== undefined) return known
  groups.numbers.set(text, groups.texts.length)
  return groups.texts.push(text) - 1
}

/** The number of the group that an entry falls in. */
export function groupOfEntry(groups: Groups, fold: Fold, entry: PlacedEvent): number {
  if (fold.by.length === 0) return groupNumber(groups, fold.groupOf(entry))
  let node: ValueNode | number | undefined = groups.byValue
  for (const read of fold.by) {
    node = (node as ValueNode).get(read(entry))
    if (node === undefined) return learn(groups, fold, entry)
  }
  return node as number
}

function learn(groups: Groups, fold: Fold, entry: PlacedEvent): number {
  const number = groupNumber(groups, fold.groupOf(entry))
  if (groups.learnt >= 2 * groups.texts.length + LEARNT_AT_LEAST) return number
  const values = fold.by.map(read => read(entry))
  const last = values.pop()
  let node = groups.byValue
  for (const value of values) {
    const next = (node.get(value) as ValueNode | undefined) ?? new Map()
    node.set(value, next)
    node = next
  }
  node.set(last, number)
  groups.learnt += 1
  return number
}
