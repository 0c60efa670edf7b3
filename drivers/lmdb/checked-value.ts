import { crc32 } from 'node:zlib'
import { crcText, damaged } from '../files/checked-text.ts'

/** A key of LMDB: what it is made of. */
type Key = string | readonly (string | number)[]

const MARK = '~'
const HEAD = MARK.length + 8

/**
 * The text of a value of LMDB, with a checksum over it and its key: LMDB itself checks nothing, and a value
 * found under another key is as wrong as another value.
 */
export function checkedValue(key: Key, value: unknown): string {
  const json = JSON.stringify(value)
  return `${MARK}${crcText(json, crc32(keyText(key)))}${json}`
}

/**
 * Reads what `checkedValue` wrote. A text without a checksum was written by an earlier version.
 * @param place what to call it in the failure: the folder of the environment
 * @throws `corrupt_data` naming the place and the key
 */
export function readChecked<T>(place: string, key: Key, text: string): T {
  const json = text.startsWith(MARK) ? text.slice(HEAD) : text
  if (text.startsWith(MARK) && crcText(json, crc32(keyText(key))) !== text.slice(MARK.length, HEAD))
    throw damaged(place, `the value of ${keyText(key)} does not match its checksum`)
  try {
    return JSON.parse(json) as T
  } catch (cause) {
    throw damaged(place, `the value of ${keyText(key)} is not JSON`, cause)
  }
}

const BYTES_MARK = 0xc1
const BYTES_HEAD = 5

/** Bytes of a value, as `checkedValue` does it for text. */
export function checkedBytes(key: Key, bytes: Uint8Array): Buffer {
  const all = Buffer.allocUnsafe(BYTES_HEAD + bytes.length)
  all[0] = BYTES_MARK
  all.writeUInt32LE(crc32(bytes, crc32(keyText(key))), 1)
  all.set(bytes, BYTES_HEAD)
  return all
}

/**
 * Reads what `checkedBytes` wrote; bytes without a checksum are as an earlier version wrote them.
 * @throws `corrupt_data` naming the place and the key
 */
export function readCheckedBytes(place: string, key: Key, stored: Buffer): Buffer {
  if (stored[0] !== BYTES_MARK) return stored
  const bytes = stored.subarray(BYTES_HEAD)
  if (stored.length > BYTES_HEAD && crc32(bytes, crc32(keyText(key))) === stored.readUInt32LE(1)) return bytes
  throw damaged(place, `the value of ${keyText(key)} does not match its checksum`)
}

function keyText(key: Key): string {
  return JSON.stringify(key)
}
