import type { Verdicts } from '../api.ts'
import { type Span, spanAt } from './json-place.ts'

export type Verdict = Verdicts['verdicts'][number]

/** What is sent of a text that somebody pasted, and how places of its events are found in the text. */
export type Trial = {
  readonly body: string
  readonly type: string
  /** Where the place of a verdict stands in the pasted text; undefined where it is no part of it. */
  placeIn(verdict: Verdict & { readonly verdict: 'rejected' }): Span | undefined
}

const SINGLE = 'application/cloudevents+json'
const BATCH = 'application/cloudevents-batch+json'

/**
 * A pasted text as a request: an event, a list of events, or data alone, around which an event of the chosen
 * contract is put. The text goes as it is, so that numbers are judged as they would be sent.
 *
 * @returns what is wrong with the text, where it is no JSON
 */
export function trialOf(text: string, contract: { type: string; version: number }): Trial | string {
  const value = parsed(text)
  if (typeof value === 'string') return value
  if (Array.isArray(value.of))
    return {
      ...{ body: text, type: BATCH },
      placeIn: ({ index, place }) => spanAt(text, `/${index}${place}`),
    }
  if (isEvent(value.of))
    return { ...{ body: text, type: SINGLE }, placeIn: ({ place }) => spanAt(text, place) }
  return {
    ...{ body: around(text, contract), type: SINGLE },
    placeIn: ({ place }) =>
      place.startsWith('/data') ? spanAt(text, place.slice('/data'.length)) : undefined,
  }
}

/** Beside the value, since a text is a value too. */
function parsed(text: string): { readonly of: unknown } | string {
  try {
    return { of: JSON.parse(text) as unknown }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Whoever pastes an event has its attributes; data is known by having none of them. */
function isEvent(value: unknown): boolean {
  return typeof value === 'object' && value !== null && ('specversion' in value || 'data' in value)
}

function around(data: string, { type, version }: { type: string; version: number }): string {
  const attributes = {
    ...{ specversion: '1.0', id: 'check-1', source: '/console', type, time: new Date().toISOString() },
    dataschema: `/v1/contracts/${encodeURIComponent(type)}/${version}`,
  }
  return `${JSON.stringify(attributes).slice(0, -1)},"data":${data}}`
}
