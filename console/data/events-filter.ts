import { addressOf } from './address.ts'

/** Which events the page Events shows: its address has it, so that it can be handed on. */
export type EventsFilter = {
  readonly type: string
  readonly verdict: string
  readonly text: string
  readonly source: string
  readonly field: string
  readonly value: string
}

const NAMES = ['type', 'verdict', 'text', 'source', 'field', 'value'] as const

export function filterIn(query: URLSearchParams): EventsFilter {
  const of = (name: string) => query.get(name) ?? ''
  return Object.fromEntries(NAMES.map(name => [name, of(name)])) as EventsFilter
}

export function addressOfFilter(filter: EventsFilter): string {
  return addressOf('/events', Object.fromEntries(NAMES.map(name => [name, filter[name] || undefined])))
}

/** Whether anything is asked for. */
export const isFiltered = (filter: EventsFilter): boolean => NAMES.some(name => filter[name] !== '')

/** Parameters of the calls that list events, or watch them. */
export function parametersOf(filter: EventsFilter, more: Readonly<Record<string, string>> = {}): string {
  const { field, value, ...rest } = filter
  const parameters = new URLSearchParams(Object.entries(rest).filter(([, text]) => text !== ''))
  if (field !== '' && value !== '') parameters.set(`where.${field}`, value)
  for (const [name, text] of Object.entries(more)) parameters.set(name, text)
  return parameters.toString()
}

/** The page that shows what became of an event. */
export function addressOfEvent(event: {
  readonly id: string
  readonly type?: string | null
  readonly source?: string | null
  readonly receivedAt?: string
}): string {
  const { id, type, source, receivedAt } = event
  return addressOf('/events', {
    ...{ id, type: type ?? undefined, source: source ?? undefined },
    ...(receivedAt !== undefined && { at: receivedAt }),
  })
}

/** Ids are remembered for a day; an event that is older is looked for around its receipt, ms. */
const AROUND = 86_400_000

/** The call that asks for what became of an event; undefined where the address names none. */
export function callOfEvent(query: URLSearchParams): string | undefined {
  const id = query.get('id')
  if (id === null || id === '') return undefined
  const parameters = new URLSearchParams()
  for (const name of ['type', 'source'] as const) {
    const text = query.get(name)
    if (text !== null) parameters.set(name, text)
  }
  const at = Date.parse(query.get('at') ?? '')
  if (at < Date.now() - AROUND / 2) {
    parameters.set('since', new Date(at - AROUND).toISOString())
    parameters.set('until', new Date(Math.min(Date.now(), at + AROUND)).toISOString())
  }
  // One path of the API has this very name.
  const name = id === 'stream' ? '%73tream' : encodeURIComponent(id)
  return `/v1/events/${name}?${parameters}`
}
