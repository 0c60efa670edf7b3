import type { Rows } from '../access/access.ts'
import { maySeeEvent } from '../access/event-access.ts'
import { valueAt } from '../data/fields.ts'
import type { Contract } from '../declare/pipeline.ts'
import type { ReceivedEvent } from '../event/record.ts'

/** Which events are wanted. Plain data: it goes from thread to thread. */
export type EventFilter = {
  readonly types: readonly string[]
  readonly source: string | undefined
  /** Text that the id has in it. */
  readonly text: string | undefined
  /** Field → values as text, of which the event has one: `LAS`, `12`, `null`. */
  readonly where: Readonly<Record<string, readonly string[]>>
  /** Rows that the caller is limited to. */
  readonly rows: Rows | undefined
}

/** Everything about an event but when it came and what became of it. */
export function compileEventFilter(
  latest: ReadonlyMap<string, Contract>,
  { types, source, text, where, rows }: EventFilter,
): (event: ReceivedEvent) => boolean {
  const wanted = new Set(types)
  const conditions = Object.entries(where)
  const limits = { name: '', read: 'all', ...(rows !== undefined && { where: rows }) } as const
  return event => {
    const contract = wanted.has(event.type) ? latest.get(event.type) : undefined
    if (contract === undefined) return false
    if (source !== undefined && event.source !== source) return false
    if (text !== undefined && !event.id.includes(text)) return false
    const isOf = conditions.every(([name, values]) => hasValue(contract, name, values, event.data))
    return isOf && maySeeEvent(limits, contract, ({ path }) => valueAt(event.data, path))
  }
}

function hasValue({ fields }: Contract, name: string, values: readonly string[], data: unknown): boolean {
  const field = fields.find(one => one.name === name)
  const value = field === undefined ? undefined : valueAt(data, field.path)
  if (value === undefined) return false
  return values.includes(typeof value === 'string' ? value : JSON.stringify(value))
}

/** Texts that the line of every wanted event has: looking for them costs less than parsing. */
export function textsInLines({ source, text }: EventFilter): readonly string[] {
  const sources = source === undefined ? [] : [`"source":${JSON.stringify(source)}`]
  return text === undefined ? sources : [...sources, JSON.stringify(text).slice(1, -1)]
}
