import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { TributaryError } from '../../../core/errors.ts'

/** Size to which DynamoDB rounds a write up (developer guide, "Read and write operations"). */
export const WRITE_UNIT = 1024

/** Below this the text stays as it is, to be read in the console; more would cost a second write unit. */
const PLAIN = WRITE_UNIT - 150

/** Largest text that an item can unfold to: sketches deflate to a tenth at best. */
const MAX_TEXT = 64 * 1024 * 1024

/** A text as an attribute: plain, or deflated where that saves write units. */
export function packText(text: string): AttributeValue {
  const size = Buffer.byteLength(text)
  if (size <= PLAIN) return { S: text }
  const deflated = deflateRawSync(text)
  return deflated.length < size ? { B: deflated } : { S: text }
}

/** @throws TributaryError `corrupt_data` for an attribute that `packText` has not made */
export function unpackText(value: AttributeValue | undefined): string {
  if (value?.S !== undefined) return value.S
  try {
    return inflateRawSync(value!.B!, { maxOutputLength: MAX_TEXT }).toString()
  } catch (cause) {
    throw new TributaryError('corrupt_data', 'an item of a view is not what this version writes', { cause })
  }
}

/** Bytes that a text comes to once it is too long to stay plain: what more of its kind may be added to. */
export function packedSize(text: string): number {
  return Math.min(Buffer.byteLength(text), deflateRawSync(text).length)
}

/** Bytes of an attribute's value as DynamoDB counts an item's size. */
export function sizeOf(value: AttributeValue): number {
  return value.S === undefined ? value.B!.length : Buffer.byteLength(value.S)
}
