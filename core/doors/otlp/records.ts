import { hash } from 'node:crypto'
import { isObject } from '../../json/is-object.ts'
import type { Item } from '../door.ts'

type Fields = Readonly<Record<string, unknown>>

/**
 * The records of an export, each with its resource and scope, attributes as plain objects. A record's id is
 * `log.record.uid` (OpenTelemetry's semantic conventions) where it has one; else it is made of its content
 * and of how many records before it in the request have the same. So an export that is sent again counts
 * once, and two equal records of one export count twice.
 */
export function recordItems(logs: readonly unknown[]): readonly Item[] {
  const seen = new Map<string, number>()
  return logs.flatMap(one => {
    const resource = attributesOf(fieldsOf(fieldsOf(one)['resource'])['attributes'])
    return listOf(fieldsOf(one)['scopeLogs']).flatMap(logsOfScope => {
      const scope = scopeOf(fieldsOf(logsOfScope)['scope'])
      return listOf(fieldsOf(logsOfScope)['logRecords']).map(record => itemOf(record, resource, scope, seen))
    })
  })
}

function itemOf(record: unknown, resource: Fields, scope: Fields, seen: Map<string, number>): Item {
  if (!isObject(record)) return { value: record, refused: { code: 'not_an_event', detail: NO_RECORD } }
  const { timeUnixNano, observedTimeUnixNano, attributes: sent, body, ...rest } = record
  const attributes = attributesOf(sent)
  const value = { ...rest, body: anyOf(body), attributes, resource, scope }
  const at = isSet(timeUnixNano) ? timeUnixNano : observedTimeUnixNano
  const id = attributes['log.record.uid'] ?? idOf(JSON.stringify([at, value]), seen)
  return { value, id, time: instantOf(at) }
}

const NO_RECORD = 'a log record is a JSON object'

function idOf(content: string, seen: Map<string, number>): string {
  const digest = hash('sha256', content, 'hex').slice(0, 32)
  const before = seen.get(digest) ?? 0
  seen.set(digest, before + 1)
  return before === 0 ? digest : `${digest}-${before}`
}

function scopeOf(scope: unknown): Fields {
  const { name, version, attributes } = fieldsOf(scope)
  return { name, version, attributes: attributesOf(attributes) }
}

function attributesOf(list: unknown): Fields {
  const pairs = listOf(list).map(
    one => [String(fieldsOf(one)['key']), anyOf(fieldsOf(one)['value'])] as const,
  )
  return Object.fromEntries(pairs)
}

/** An `AnyValue` as the plain value that it is; an integer beyond 2^53 stays a text. */
function anyOf(value: unknown): unknown {
  const any = fieldsOf(value)
  if (any['arrayValue'] !== undefined) return listOf(fieldsOf(any['arrayValue'])['values']).map(anyOf)
  if (any['kvlistValue'] !== undefined) return attributesOf(fieldsOf(any['kvlistValue'])['values'])
  if (any['intValue'] !== undefined) return integerOf(any['intValue'])
  return any['stringValue'] ?? any['boolValue'] ?? any['doubleValue'] ?? any['bytesValue'] ?? null
}

function integerOf(value: unknown): unknown {
  const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value
  return Number.isSafeInteger(number) ? number : value
}

const isSet = (nanos: unknown) => nanos !== undefined && nanos !== 0 && nanos !== '0'

/** Nanoseconds since 1970 as an instant with all of its digits. */
function instantOf(nanos: unknown): unknown {
  const text = typeof nanos === 'number' && Number.isFinite(nanos) ? String(BigInt(Math.trunc(nanos))) : nanos
  if (typeof text !== 'string' || !/^\d{1,20}$/.test(text)) return nanos
  const all = BigInt(text)
  const date = new Date(Number(all / 1_000_000_000n) * 1000)
  if (Number.isNaN(date.getTime())) return nanos
  const fraction = String(all % 1_000_000_000n).padStart(9, '0')
  return `${date.toISOString().slice(0, 19)}.${fraction}Z`
}

const fieldsOf = (value: unknown): Fields => (isObject(value) ? value : {})
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
