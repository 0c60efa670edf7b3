import { isTypeInPath } from '../data/type-name.ts'

/** Which events belong into one folder of raw files: those of a type, received in an epoch (start, ms). */
export type RawFolder = { readonly type: string; readonly epoch: number }

/**
 * Reads the raw folder of the line `bytes[start, end)`, without its line break; undefined where it is no
 * received event.
 */
export type RawFolderReader = (bytes: Uint8Array, start: number, end: number) => RawFolder | undefined

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d

const ascii = (text: string) => Uint8Array.from(text, c => c.charCodeAt(0))

/**
 * A line as `packRecords` writes it begins with the receipt's attributes in this order; the sender's follow.
 */
const BEFORE_RECEIPT = ascii('{"tbreceipt":"')
const BEFORE_EPOCH = ascii('","tbepoch":')
const BEFORE_TIME = ascii(',"tbtime":')
const BEFORE_PARTITION = ascii(',"tbpartition":')
const BEFORE_TYPE = ascii('type":"')

/** End of the year 9999, beyond which `pathInstant` has no text. */
const MAX_EPOCH = 253_402_300_800_000

/**
 * Builds a reader of raw folders. It looks at the attributes in front of `type` only, skipping what is
 * nested, so a `"type":` inside of `data` or of a text does not mislead it; a line with escapes in its type
 * or keys is parsed. Lines of one folder get one object, so folders can be compared by identity.
 */
export function createRawFolderReader(): RawFolderReader {
  const folders = new Map<string, RawFolder>()
  const keep = (type: string, epoch: number): RawFolder | undefined => {
    if (!isTypeInPath(type) || !Number.isSafeInteger(epoch)) return undefined
    if (epoch < 0 || epoch >= MAX_EPOCH || epoch % 1000 !== 0) return undefined
    const key = `${epoch} ${type}`
    const folder = folders.get(key) ?? { type, epoch }
    folders.set(key, folder)
    return folder
  }
  let last: { readonly folder: RawFolder; readonly epoch: Uint8Array; readonly type: Uint8Array } | undefined
  return (bytes, start, end) => {
    const found = findFolder(bytes, start, end)
    if (found === 'foreign') return undefined
    if (found === 'escaped') return parseFolder(bytes.subarray(start, end), keep)
    const [epochAt, epochEnd, typeAt, typeEnd] = found
    const isLast =
      last !== undefined &&
      equals(bytes, epochAt, epochEnd, last.epoch) &&
      equals(bytes, typeAt, typeEnd, last.type)
    if (isLast) return last!.folder
    const epoch = bytes.slice(epochAt, epochEnd)
    const type = bytes.slice(typeAt, typeEnd)
    const folder = keep(utf8.decode(type), Number(utf8.decode(epoch)))
    if (folder !== undefined) last = { folder, epoch, type }
    return folder
  }
}

const utf8 = new TextDecoder()

type Found = 'foreign' | 'escaped' | readonly [number, number, number, number]

function findFolder(bytes: Uint8Array, start: number, end: number): Found {
  if (bytes[end - 1] !== CLOSE_BRACE || !holds(bytes, start, BEFORE_RECEIPT)) return 'foreign'
  let at = start + BEFORE_RECEIPT.length
  while (at < end && bytes[at] !== QUOTE) at++
  if (!holds(bytes, at, BEFORE_EPOCH)) return 'foreign'
  const epochAt = at + BEFORE_EPOCH.length
  const epochEnd = afterDigits(bytes, epochAt)
  if (epochEnd === epochAt || !holds(bytes, epochEnd, BEFORE_TIME)) return 'foreign'
  at = afterDigits(bytes, epochEnd + BEFORE_TIME.length)
  if (!holds(bytes, at, BEFORE_PARTITION)) return 'foreign'
  at = afterDigits(bytes, at + BEFORE_PARTITION.length)
  while (at < end && bytes[at] === COMMA && bytes[at + 1] === QUOTE) {
    const keyAt = at + 2
    if (holds(bytes, keyAt, BEFORE_TYPE))
      return typeFrom(bytes, epochAt, epochEnd, keyAt + BEFORE_TYPE.length)
    at = keyAt
    while (at < end && bytes[at] !== QUOTE) if (bytes[at++] === BACKSLASH) return 'escaped'
    at = afterValue(bytes, at + 2, end)
  }
  return 'foreign'
}

function typeFrom(bytes: Uint8Array, epochAt: number, epochEnd: number, typeAt: number): Found {
  let typeEnd = typeAt
  for (; typeEnd < bytes.length && bytes[typeEnd] !== QUOTE; typeEnd++)
    if (bytes[typeEnd] === BACKSLASH) return 'escaped'
  return [epochAt, epochEnd, typeAt, typeEnd]
}

/** Place after a JSON value: of the comma or brace that follows it. */
function afterValue(bytes: Uint8Array, from: number, end: number): number {
  if (bytes[from] === QUOTE) return afterText(bytes, from + 1, end)
  let depth = 0
  let at = from
  while (at < end) {
    const byte = bytes[at]
    if (byte === QUOTE) {
      at = afterText(bytes, at + 1, end)
      continue
    }
    if (depth === 0 && (byte === COMMA || byte === CLOSE_BRACE)) return at
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--
    at++
  }
  return at
}

function afterText(bytes: Uint8Array, from: number, end: number): number {
  let at = from
  while (at < end && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1
  return at + 1
}

/** Digits, and the sign of a time before 1970. */
function afterDigits(bytes: Uint8Array, from: number): number {
  let at = from
  while (bytes[at] === 0x2d || (bytes[at]! >= 0x30 && bytes[at]! <= 0x39)) at++
  return at
}

function holds(bytes: Uint8Array, at: number, text: Uint8Array): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false
  return true
}

function equals(bytes: Uint8Array, from: number, to: number, other: Uint8Array): boolean {
  return to - from === other.length && holds(bytes, from, other)
}

function parseFolder(
  line: Uint8Array,
  keep: (type: string, epoch: number) => RawFolder | undefined,
): RawFolder | undefined {
  try {
    const event = JSON.parse(utf8.decode(line)) as { type?: unknown; tbepoch?: unknown }
    if (typeof event.type !== 'string' || typeof event.tbepoch !== 'number') return undefined
    return keep(event.type, event.tbepoch)
  } catch {
    return undefined // no JSON: what is no received event is kept aside by the caller
  }
}
