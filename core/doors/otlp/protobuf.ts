import { TributaryError } from '../../errors.ts'

/** How a field of a message is read, and the name that it has in the JSON encoding. */
type FieldRule = {
  readonly name: string
  readonly as: 'text' | 'bytes' | 'hex' | 'bool' | 'int' | 'double' | 'fixed64' | Message
  readonly isRepeated?: true
}

/** Fields of a message by their numbers; others are passed over, as protobuf wants it. */
type Message = { readonly [field: number]: FieldRule }

/**
 * The messages of `opentelemetry/proto/collector/logs/v1`, by hand: nine of them with their numbers, which
 * are fixed for ever, in place of a library of protobuf and its generated code in the bundle of ingest.
 */
const anyValue: Record<number, FieldRule> = {
  1: { name: 'stringValue', as: 'text' },
  2: { name: 'boolValue', as: 'bool' },
  3: { name: 'intValue', as: 'int' },
  4: { name: 'doubleValue', as: 'double' },
  7: { name: 'bytesValue', as: 'bytes' },
}
const keyValue: Message = { 1: { name: 'key', as: 'text' }, 2: { name: 'value', as: anyValue } }
anyValue[5] = { name: 'arrayValue', as: { 1: { name: 'values', as: anyValue, isRepeated: true } } }
anyValue[6] = { name: 'kvlistValue', as: { 1: { name: 'values', as: keyValue, isRepeated: true } } }

const ATTRIBUTES: FieldRule = { name: 'attributes', as: keyValue, isRepeated: true }
const RECORD: Message = {
  1: { name: 'timeUnixNano', as: 'fixed64' },
  2: { name: 'severityNumber', as: 'int' },
  3: { name: 'severityText', as: 'text' },
  5: { name: 'body', as: anyValue },
  6: ATTRIBUTES,
  9: { name: 'traceId', as: 'hex' },
  10: { name: 'spanId', as: 'hex' },
  11: { name: 'observedTimeUnixNano', as: 'fixed64' },
  12: { name: 'eventName', as: 'text' },
}
const SCOPE: Message = { 1: { name: 'name', as: 'text' }, 2: { name: 'version', as: 'text' }, 3: ATTRIBUTES }
const SCOPE_LOGS: Message = {
  1: { name: 'scope', as: SCOPE },
  2: { name: 'logRecords', as: RECORD, isRepeated: true },
}
const RESOURCE_LOGS: Message = {
  1: { name: 'resource', as: { 1: ATTRIBUTES } },
  2: { name: 'scopeLogs', as: SCOPE_LOGS, isRepeated: true },
}
const REQUEST: Message = { 1: { name: 'resourceLogs', as: RESOURCE_LOGS, isRepeated: true } }

/** Deepest nesting: of events, too, of which one level takes two or three messages. */
const DEEPEST = 200

/**
 * An `ExportLogsServiceRequest` in the shape of its JSON encoding.
 *
 * @throws TributaryError `bad_request` where the bytes are none
 */
export function decodeLogs(bytes: Buffer): unknown {
  return readMessage(bytes, REQUEST, 0)
}

function readMessage(bytes: Buffer, message: Message, depth: number): Record<string, unknown> {
  if (depth > DEEPEST) throw unreadable('it is nested too deep')
  const read: Record<string, unknown> = {}
  let at = 0
  while (at < bytes.length) {
    const [tag, afterTag] = varint(bytes, at)
    const { value, end } = readValue(bytes, afterTag, Number(tag & 7n))
    const rule = message[Number(tag >> 3n)]
    at = end
    if (rule === undefined) continue
    const known = convert(rule.as, value, depth)
    if (rule.isRepeated !== true) read[rule.name] = known
    else listIn(read, rule.name).push(known)
  }
  return read
}

function listIn(read: Record<string, unknown>, name: string): unknown[] {
  const list = (read[name] ?? []) as unknown[]
  read[name] = list
  return list
}

type Value = bigint | Buffer

function readValue(bytes: Buffer, at: number, wire: number): { readonly value: Value; readonly end: number } {
  if (wire === 0) {
    const [value, end] = varint(bytes, at)
    return { value, end }
  }
  const [length, from] = wire === 2 ? varint(bytes, at) : [wire === 1 ? 8n : wire === 5 ? 4n : -1n, at]
  const end = from + Number(length)
  if (length < 0n || end > bytes.length) throw unreadable('it is cut off')
  return { value: bytes.subarray(from, end), end }
}

function varint(bytes: Buffer, from: number): readonly [bigint, number] {
  let value = 0n
  for (let at = from, shift = 0n; shift < 70n; at++, shift += 7n) {
    const byte = bytes[at]
    if (byte === undefined) throw unreadable('it is cut off')
    value |= BigInt(byte & 0x7f) << shift
    if (byte < 0x80) return [BigInt.asUintN(64, value), at + 1]
  }
  throw unreadable('a number in it has no end')
}

function convert(as: FieldRule['as'], value: Value, depth: number): unknown {
  if (typeof value === 'bigint') {
    if (as === 'bool') return value !== 0n
    if (as === 'int') return String(BigInt.asIntN(64, value))
    throw unreadable('a field is of another type')
  }
  if (typeof as === 'object') return readMessage(value, as, depth + 1)
  if (as === 'text') return value.toString('utf8')
  if (as === 'hex') return value.toString('hex')
  if (as === 'bytes') return value.toString('base64')
  if (value.length === 8 && as === 'double') return value.readDoubleLE()
  if (value.length === 8 && as === 'fixed64') return String(value.readBigUInt64LE())
  throw unreadable('a field is of another type')
}

function unreadable(why: string): TributaryError {
  return new TributaryError('bad_request', `the body is no ExportLogsServiceRequest in protobuf: ${why}`)
}

/** An `ExportLogsServiceResponse` that says how many records were rejected, and why the first. */
export function encodePartialSuccess(rejected: number, message: string): Buffer {
  const text = Buffer.from(message, 'utf8')
  const count = Buffer.from([0x08, ...varintOf(rejected)])
  const partial = Buffer.concat([count, Buffer.from([0x12, ...varintOf(text.length)]), text])
  return Buffer.concat([Buffer.from([0x0a, ...varintOf(partial.length)]), partial])
}

function varintOf(value: number): readonly number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varintOf(value >>> 7)]
}
