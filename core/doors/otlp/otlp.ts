import { TributaryError } from '../../errors.ts'
import { isObject } from '../../json/is-object.ts'
import type { Door, DoorOutcome, DoorRequest, Item } from '../door.ts'
import { readBody } from '../read-body.ts'
import { decodeLogs, encodePartialSuccess } from './protobuf.ts'
import { recordItems } from './records.ts'

const PROTOBUF = 'application/x-protobuf'

/**
 * Logs of OpenTelemetry over OTLP/HTTP (opentelemetry.io/docs/specs/otlp), as JSON or protobuf by the content
 * type. What was rejected is said as a partial success, in the encoding of the request, which exporters log.
 */
export const otlp: Door = { shape: 'otlp', client: 'otlp', read: readLogs, answer: answerLogs }

function isProtobuf({ headers }: Pick<DoorRequest, 'headers'>): boolean {
  return (headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase() === PROTOBUF
}

function readLogs(request: DoorRequest): readonly Item[] {
  const body = isProtobuf(request) ? decodeLogs(bytesOf(request)) : readBody(request)
  const logs = isObject(body) ? (body['resourceLogs'] ?? []) : undefined
  if (!Array.isArray(logs))
    throw new TributaryError(
      'bad_request',
      'the body has no list "resourceLogs"; send what an OTLP exporter does',
    )
  return recordItems(logs)
}

/** Bytes that happen to be text arrive as one. */
function bytesOf({ body, isBase64 }: DoorRequest): Buffer {
  return Buffer.from(body, isBase64 ? 'base64' : 'utf8')
}

function answerLogs({ rejected }: DoorOutcome, request: DoorRequest) {
  const [first] = rejected
  const isBytes = isProtobuf(request)
  if (first === undefined) return isBytes ? { bytes: Buffer.alloc(0), type: PROTOBUF } : { body: {} }
  const which = rejected.length === 1 ? 'a record was' : `${rejected.length} records were, the first`
  const message = `${which} rejected by ${first.code}, and kept: ${first.detail}`
  if (isBytes) return { bytes: encodePartialSuccess(rejected.length, message), type: PROTOBUF }
  return { body: { partialSuccess: { rejectedLogRecords: String(rejected.length), errorMessage: message } } }
}
