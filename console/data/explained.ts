import { addressOf } from './address.ts'
import type { Explanation, Metrics } from './api.ts'
import type { Question } from './question.ts'

type Row = { readonly window: string; readonly group: unknown }
type Part = Explanation['parts'][number]

/** The page that explains the number of a row. It can be handed on: it has no key. */
export function addressOfNumber(question: Question, row: Row, measure: string): string {
  const { metric, window, by, where } = question
  const address = addressOf('/explain', {
    ...{ metric: metric.name, measure, at: row.window, window, by: by.join(',') },
    ...(by.length > 0 && { group: JSON.stringify(row.group) }),
  })
  // What the group says already is no condition besides.
  const others = where.filter(([name]) => !by.includes(name))
  return address + others.map(([name, value]) => `&where.${name}=${encodeURIComponent(value)}`).join('')
}

/** The call that explains the number of an address; undefined where that names none. */
export function callOf(query: URLSearchParams, after?: string): string | undefined {
  const [metric, at] = [query.get('metric'), query.get('at')]
  if (metric === null || at === null) return undefined
  const parameters = new URLSearchParams({ at })
  for (const [name, value] of query) if (isForwarded(name)) parameters.append(name, value)
  if (after !== undefined) parameters.set('after', after)
  return `/v1/metrics/${encodeURIComponent(metric)}/explain?${parameters}`
}

const FORWARDED: ReadonlySet<string> = new Set(['window', 'timezone', 'by', 'group', 'thorough'])
const isForwarded = (name: string): boolean => FORWARDED.has(name) || name.startsWith('where.')

/** Where the numbers around it are: the same window, fields and conditions, around its time. */
export function addressAround(query: URLSearchParams): string {
  const kept = ['metric', 'measure', 'window', 'by'] as const
  const around = addressOf('/explore', {
    ...Object.fromEntries(kept.map(name => [name, query.get(name) ?? undefined])),
    range: 'all',
  })
  const where = [...query].filter(([name]) => name.startsWith('where.'))
  return around + where.map(([name, value]) => `&${name}=${encodeURIComponent(value)}`).join('')
}

/** What can be said of the number as a whole. */
export type Verdict = 'proved' | 'moving' | 'unread' | 'differs' | 'empty'

export function verdictOf({ addsUp, values, parts }: Explanation): Verdict {
  if (addsUp) return values === null ? 'empty' : 'proved'
  const states = new Set(parts.map(({ state }) => state))
  if (states.has('differs') || states.has('not there')) return 'differs'
  if (states.has('expired') || states.has('too large')) return 'unread'
  return 'moving'
}

/** Share of the events that the batch layer has, 0 to 1; undefined where there are none. */
export function exactShare(parts: readonly Part[]): number | undefined {
  const events = (some: readonly Part[]) => some.reduce((sum, part) => sum + (part.events ?? 0), 0)
  const all = events(parts)
  return all === 0 ? undefined : events(parts.filter(({ layer }) => layer === 'batch')) / all
}

/** Whether the parts of a measure are added up; others are combined of what they are computed from. */
export function isAddedUp({ metrics }: Metrics, { metric }: Explanation, measure: string): boolean {
  const declared = metrics.find(({ name }) => name === metric)?.measures.find(({ name }) => name === measure)
  return declared?.kind === 'count' || declared?.kind === 'sum'
}
