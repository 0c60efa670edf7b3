import { createHash } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
// The entry of avsc that has types alone: no files, no streams.
import avsc from 'avsc/etc/browser/avsc-types.js'
import { TributaryError } from '../errors.ts'

/** An Avro schema as JSON. */
export type AvroSchema = string | readonly unknown[] | { readonly [key: string]: unknown }

/** An Avro object container file: what its header says, and its records. */
export type AvroFile<T> = {
  readonly meta: ReadonlyMap<string, string>
  readonly schema: AvroSchema
  readonly records: readonly T[]
}

/** 64-bit integers are bigints: ids of snapshots have all of the 64 bits. */
const long = avsc.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer: (value: bigint) => eightBytes(value),
  fromJSON: BigInt,
  toJSON: String,
  isValid: (value: unknown) => typeof value === 'bigint',
  compare: (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0),
})

const headers = avsc.Type.forSchema({ type: 'map', values: 'bytes' })
const counts = avsc.Type.forSchema('long')
const MAGIC = Buffer.from('Obj\x01', 'latin1')
const SYNC_BYTES = 16

/** Logical types are not read as such: an instant is its microseconds, a date its days. */
function typeOf(schema: AvroSchema) {
  const typeHook = (part: unknown) =>
    part === 'long' || (part as { readonly type?: unknown }).type === 'long' ? long : undefined
  return avsc.Type.forSchema(schema as never, { typeHook: typeHook as never, wrapUnions: false })
}

/**
 * Writes records as an Avro object container file, deflated. Attributes of the schema that Avro does not know
 * (`field-id`) stand in its header as they are.
 *
 * @see https://avro.apache.org/docs/1.12.0/specification/#object-container-files
 */
export function writeAvro(
  schema: AvroSchema,
  meta: Readonly<Record<string, string>>,
  records: readonly object[],
): Buffer {
  const type = typeOf(schema)
  const body = deflateRawSync(Buffer.concat(records.map(record => type.toBuffer(record))))
  const header = { ...meta, 'avro.schema': JSON.stringify(schema), 'avro.codec': 'deflate' }
  const head = headers.toBuffer(
    Object.fromEntries(Object.entries(header).map(([name, text]) => [name, Buffer.from(text)])),
  )
  // Any sixteen bytes that are not found in the file by chance.
  const sync = createHash('sha256').update(body).digest().subarray(0, SYNC_BYTES)
  const block = [counts.toBuffer(records.length), counts.toBuffer(body.length), body, sync]
  return Buffer.concat([MAGIC, head, sync, ...(records.length === 0 ? [] : block)])
}

/**
 * Reads an Avro object container file, of whichever writer.
 *
 * @throws TributaryError `corrupt_data` where it is none, or is packed in a way that is not read here
 */
export function readAvro<T>(bytes: Buffer): AvroFile<T> {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw corrupt('it does not begin as one')
  const head = headers.decode(bytes, MAGIC.length) as Decoded<Record<string, Buffer>>
  const meta = new Map(Object.entries(head.value).map(([name, value]) => [name, value.toString()]))
  const schema = JSON.parse(meta.get('avro.schema') ?? '"null"') as AvroSchema
  const type = typeOf(schema)
  const records: T[] = []
  for (let at = head.offset + SYNC_BYTES; at < bytes.length; ) {
    const count = counts.decode(bytes, at) as Decoded<number>
    const size = counts.decode(bytes, count.offset) as Decoded<number>
    const block = unpacked(bytes.subarray(size.offset, size.offset + size.value), meta.get('avro.codec'))
    for (let i = 0, within = 0; i < count.value; i++) {
      const record = type.decode(block, within) as Decoded<T>
      if (record.offset < 0) throw corrupt('a block ends too early')
      records.push(record.value)
      within = record.offset
    }
    at = size.offset + size.value + SYNC_BYTES
  }
  return { meta, schema, records }
}

type Decoded<T> = { readonly value: T; readonly offset: number }

function unpacked(block: Buffer, codec = 'null'): Buffer {
  if (codec === 'null') return block
  if (codec === 'deflate') return inflateRawSync(block)
  throw corrupt(`it is packed with ${codec}; deflate and null are read`)
}

function corrupt(problem: string): TributaryError {
  return new TributaryError('corrupt_data', `an Avro file cannot be read: ${problem}`)
}

/** A 64-bit integer, little-endian. */
export function eightBytes(value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64LE(value)
  return bytes
}
