import { placesOf } from '../../data/decimal.ts'
import { isNumberText } from '../../json/json.ts'
import { formatsOf } from './text-formats.ts'

/** What samples have at one place of an event's data. */
export type Observed = {
  /** In how many of the objects around it there was something, null included. */
  seen: number
  nulls: number
  readonly kinds: Set<'string' | 'integer' | 'number' | 'boolean' | 'list' | 'object'>
  /** Formats that every text so far has; undefined: no text yet. */
  formats: ReadonlySet<string> | undefined
  /** Most decimal places of its numbers. */
  places: number
  /** How many objects there were, and what their members were. */
  objects: number
  readonly members: Map<string, Observed>
  /** What was in its lists. */
  items: Observed | undefined
}

/** Objects that are deeper are read as JSON: nobody declares their fields one by one. */
const DEEPEST = 8

export function nothingObserved(): Observed {
  return {
    ...{ seen: 0, nulls: 0, kinds: new Set(), formats: undefined, places: 0, objects: 0 },
    ...{ members: new Map(), items: undefined },
  }
}

/** Takes one more value into what was seen at its place. */
export function observe(at: Observed, value: unknown, depth = 0): void {
  at.seen++
  if (value === null) at.nulls++
  else if (typeof value === 'string') observeText(at, value)
  else if (typeof value === 'boolean') at.kinds.add('boolean')
  else if (typeof value === 'number') observeNumber(at, value)
  else if (isNumberText(value)) at.kinds.add('number')
  else if (Array.isArray(value)) {
    at.kinds.add('list')
    at.items ??= nothingObserved()
    for (const item of value) observe(at.items, item, DEEPEST)
  } else observeObject(at, value as object, depth)
}

function observeText(at: Observed, text: string): void {
  at.kinds.add('string')
  const formats = formatsOf(text)
  at.formats = at.formats === undefined ? formats : at.formats.intersection(formats)
}

function observeNumber(at: Observed, value: number): void {
  at.kinds.add(Number.isSafeInteger(value) ? 'integer' : 'number')
  at.places = Math.max(at.places, placesOf(value))
}

function observeObject(at: Observed, value: object, depth: number): void {
  at.kinds.add('object')
  at.objects++
  if (depth >= DEEPEST) return
  for (const [key, child] of Object.entries(value)) {
    const member = at.members.get(key) ?? nothingObserved()
    at.members.set(key, member)
    observe(member, child, depth + 1)
  }
}
