import { createEventTimeReader } from '../data/event-time.ts'
import { isNumberText, type NumberText } from '../json/json.ts'
import { pointerKey } from '../json/json-pointer.ts'
import { withJsonData } from './json-data.ts'

/** A CloudEvents 1.0 event whose attributes have been checked. `data` has not. */
export type CloudEvent = {
  readonly specversion: '1.0'
  readonly id: string
  readonly source: string
  readonly type: string
  readonly time: string
  readonly dataschema?: string | null
  readonly subject?: string | null
  readonly data: unknown
  readonly [extension: string]: unknown
}

/** Why one event of a request is rejected; `detail` says what is wrong and what would be right. */
export type Rejection = {
  readonly code: RejectionCode
  readonly detail: string
  /** Where it is wrong, as a JSON pointer into the event; not given: the event as a whole. */
  readonly place?: string
}

export type RejectionCode =
  | 'not_an_event'
  | 'missing_attribute'
  | 'invalid_attribute'
  | 'reserved_attribute'
  | 'forbidden_key'
  | 'too_deep'
  | 'too_large'
  | 'invalid_text'
  | 'unknown_contract'
  | 'unsupported_data'
  | 'schema_violation'
  | 'unsafe_integer'
  | 'inexact_number'
  | 'out_of_range'
  | 'time_out_of_bounds'

/** Largest event, in bytes of its JSON text. A record of the stream holds any one event. */
export const MAX_EVENT_SIZE = 1_000_000
/** Deepest nesting of an event. Engines of the lake read JSON recursively. */
export const MAX_DEPTH = 64
/** Longest id and source: together with the type they key the event everywhere. */
export const MAX_NAME = 1024

/** Attributes that ingest adds to every event it accepts; senders cannot set them. */
export const RECEIPT_ATTRIBUTES = ['tbreceipt', 'tbepoch', 'tbtime', 'tbpartition'] as const

/** Joins the parts of an identity. */
export const JOINT = '\u001f'
/** Begins what stands for a joint, or for itself, inside of a part. */
export const ESCAPE = '\u001d'
/** Joins the keys of a record. */
const BETWEEN_KEYS = '\u001e'

/**
 * Identity of an event within the platform: type, source and id. Two events have one key only if all three
 * are equal: a type has no control characters, and a joint inside of a source is escaped, so that the second
 * joint of a key ends the source. Stores hold digests of it, so the key of an ordinary source stays what it
 * is.
 */
export function markerKey(event: {
  readonly type: string
  readonly source: string
  readonly id: string
}): string {
  return `${event.type}${JOINT}${escapeOf(event.source, JOINT)}${JOINT}${event.id}`
}

/**
 * Identity of the events of a record, in their order. Two have one key only if all their events' keys are
 * equal.
 */
export function recordKey(keys: readonly string[]): string {
  return keys.map(key => escapeOf(key, BETWEEN_KEYS)).join(BETWEEN_KEYS)
}

/** As `identitySql` of core/sql/refine.ts does. */
function escapeOf(text: string, joint: string): string {
  if (!text.includes(ESCAPE) && !text.includes(joint)) return text
  return text.replaceAll(ESCAPE, `${ESCAPE}0`).replaceAll(joint, `${ESCAPE}1`)
}

/** Event with the instant of its `time`. */
export type CheckedEvent = { readonly event: CloudEvent; readonly time: number }

/**
 * Checks everything about an event but its data's schema. `isCanonical`: the event's text is known to be
 * canonical, so nothing is nested too deep in it and every key and number is one that can be kept. The event
 * that comes back is the value itself, or a copy whose data was read out of `data_base64`.
 */
export function checkEvent(value: unknown, isCanonical = false): CheckedEvent | Rejection {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { code: 'not_an_event', detail: 'an event is a JSON object with CloudEvents attributes' }
  const event = value as Record<string, unknown>
  if (event['specversion'] !== '1.0') return attribute(event, 'specversion', 'must be "1.0"')
  for (const name of ['id', 'source', 'type'] as const) {
    const text = event[name]
    if (typeof text !== 'string' || text === '' || text.length > MAX_NAME)
      return attribute(event, name, `must be text of 1 to ${MAX_NAME} characters`)
  }
  const time = typeof event['time'] === 'string' ? readTime(event['time']) : undefined
  if (time === undefined)
    return attribute(
      event,
      'time',
      'must be an RFC 3339 instant such as 2026-01-31T12:00:00Z (years 1 to 9999, no leap second)',
    )
  for (const name of OPTIONAL_ATTRIBUTES) {
    // Null stands for an attribute that is not set (CloudEvents JSON format 1.0.2, 2.3).
    const value = event[name] ?? undefined
    if (value !== undefined && typeof value !== 'string') return attribute(event, name, 'must be text')
  }
  for (const name in event) {
    if (KNOWN_ATTRIBUTES.has(name)) continue
    const problem = checkExtension(name, event[name])
    if (problem !== undefined) return problem
  }
  const read = withJsonData(event)
  if (typeof read === 'string') return { code: 'unsupported_data', detail: read, place: unreadPlace(event) }
  const problem = isCanonical && read === event ? undefined : inspect(read, 0, '')
  return problem ?? { event: read as CloudEvent, time }
}

/** What of an event makes its data no JSON. */
function unreadPlace({ data_base64: bytes }: Readonly<Record<string, unknown>>): string {
  return bytes === undefined || bytes === null ? '/datacontenttype' : '/data_base64'
}

/** It remembers the last day it read, which changes how fast it is and nothing else. */
const readTime = createEventTimeReader()

const OPTIONAL_ATTRIBUTES = ['subject', 'datacontenttype', 'dataschema'] as const

const KNOWN_ATTRIBUTES: ReadonlySet<string> = new Set([
  'specversion',
  'id',
  'source',
  'type',
  'time',
  'data',
  'subject',
  'datacontenttype',
  'dataschema',
  'data_base64',
])

function attribute(event: Record<string, unknown>, name: string, rule: string): Rejection {
  const code = event[name] === undefined ? 'missing_attribute' : 'invalid_attribute'
  return { code, detail: `attribute "${name}" ${rule}`, place: `/${name}` }
}

function checkExtension(name: string, value: unknown): Rejection | undefined {
  if (name === '__proto__')
    return { code: 'forbidden_key', detail: 'the key __proto__ is not allowed', place: `/${name}` }
  if (name.startsWith('tb') && (RECEIPT_ATTRIBUTES as readonly string[]).includes(name))
    return {
      code: 'reserved_attribute',
      detail: `attribute "${name}" is set by the platform; leave it out`,
      place: `/${name}`,
    }
  if (!/^[a-z0-9]{1,64}$/.test(name))
    return {
      code: 'invalid_attribute',
      detail: `attribute "${name.slice(0, 64)}" is not a CloudEvents name (a–z, 0–9); fields of your own belong in data`,
      place: `/${pointerKey(name)}`,
    }
  if (typeof value === 'object' && value !== null && !isNumberText(value))
    return {
      code: 'invalid_attribute',
      detail: `attribute "${name}" must be text, a number or a boolean`,
      place: `/${name}`,
    }
  return undefined
}

/** Walks an event once for what no engine could keep: too deep, forbidden keys, numbers beyond doubles. */
function inspect(node: object, depth: number, path: string): Rejection | undefined {
  if (depth > MAX_DEPTH)
    return { code: 'too_deep', detail: `nesting is limited to ${MAX_DEPTH} levels`, place: path }
  for (const key in node) {
    if (key === '__proto__')
      return {
        code: 'forbidden_key',
        detail: `the key __proto__ is not allowed at ${path || '/'}`,
        place: path,
      }
    const value = (node as Record<string, unknown>)[key]
    if (typeof value === 'number') {
      if (!Number.isFinite(value)) return beyondDoubles(placeIn(path, key, depth))
    } else if (isNumberText(value)) {
      return alteredNumber(value, placeIn(path, key, depth))
    } else if (typeof value === 'object' && value !== null) {
      const problem = inspect(value, depth + 1, placeIn(path, key, depth))
      if (problem !== undefined) return problem
    }
  }
  return undefined
}

/** Levels of an event down to which a place is told to the key; what lies deeper is told by what it is in. */
const TOLD_LEVELS = 8

function placeIn(path: string, key: string, depth: number): string {
  return depth < TOLD_LEVELS ? `${path}/${pointerKey(key)}` : path
}

function beyondDoubles(place: string): Rejection {
  return { code: 'out_of_range', detail: `the number at ${place} is beyond what a double holds`, place }
}

/** What is wrong with a number that a double would alter. Whoever needs all of its digits sends a text. */
function alteredNumber({ rawJSON }: NumberText, place: string): Rejection {
  if (/^-?\d+$/.test(rawJSON))
    return {
      code: 'unsafe_integer',
      detail: `the integer at ${place} is beyond ±(2^53 − 1); send it as text`,
      place,
    }
  const value = Number(rawJSON)
  if (!Number.isFinite(value)) return beyondDoubles(place)
  return {
    code: 'inexact_number',
    detail: `the number at ${place} would be kept as ${value}; send at most 15 digits, or a text`,
    place,
  }
}

/**
 * Finds text with half a surrogate pair, which is no Unicode text and which engines of the lake refuse to
 * read. JSON.stringify writes such a half as an escape, so only an event whose JSON has one is walked.
 */
export function brokenText(json: string, event: CloudEvent): Rejection | undefined {
  return json.includes('\\ud') ? findBroken(event, '') : undefined
}

function findBroken(node: object, path: string): Rejection | undefined {
  for (const [key, value] of Object.entries(node)) {
    if (!key.isWellFormed())
      return {
        code: 'invalid_text',
        detail: `a key at ${path || '/'} has half a surrogate pair`,
        place: path,
      }
    const place = `${path}/${pointerKey(key)}`
    if (typeof value === 'string' && !value.isWellFormed())
      return { code: 'invalid_text', detail: `text at ${place} has half a surrogate pair`, place }
    const inside = typeof value === 'object' && value !== null ? findBroken(value, place) : undefined
    if (inside !== undefined) return inside
  }
  return undefined
}
