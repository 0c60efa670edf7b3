/**
 * 128-bit keyed fingerprints of marker keys: Chaskey (Mouha, Mennink, Van Herrewege, Watanabe, Preneel,
 * Verbauwhede, "Chaskey: An Efficient MAC Algorithm for 32-bit Microcontrollers", SAC 2014; ISO/IEC 29192-6),
 * 8 rounds.
 *
 * A keyed MAC and not a seeded hash such as MurmurHash, because that one has collisions that hold for every
 * seed (Aumasson and Bernstein, 2012): a client could make two ids that count as one. Among n ids, two share
 * a fingerprint with probability about n² / 2^129: 1.5 · 10^-21 for a thousand million.
 */
export type FingerprintKeys = { readonly narrow: Int32Array; readonly wide: Int32Array }

/** Bytes of secret that `fingerprintKeys` expects: one Chaskey key for narrow texts, one for wide ones. */
export const SECRET_BYTES = 32

const ROUNDS = 8
const BLOCK_BYTES = 16

/** Derives the key schedule from a secret of `SECRET_BYTES` random bytes. */
export function fingerprintKeys(secret: Uint8Array): FingerprintKeys {
  const words = new Int32Array(secret.slice(0, SECRET_BYTES).buffer)
  return { narrow: keySchedule(words.subarray(0, 4)), wide: keySchedule(words.subarray(4, 8)) }
}

/**
 * Writes the fingerprint of `text` into four words of `out` from word `at` on; the first is never zero, so
 * that zero can mean "empty".
 *
 * A text of code units below 256 is hashed as one byte each; any other as UTF-16 under the second key, so
 * that no two texts are ever the same message under the same key.
 */
export function fingerprint(keys: FingerprintKeys, text: string, out: Int32Array, at = 0): void {
  if (chaskey(keys.narrow, text, out, at) > 0xff) {
    chaskey(keys.wide, Buffer.from(text, 'utf16le').toString('latin1'), out, at)
  }
  if (out[at] === 0) out[at] = 1
}

/** The key K, then K1 = 2·K (for a full last block) and K2 = 4·K (for a padded one) in GF(2^128). */
function keySchedule(key: Int32Array): Int32Array {
  const doubled = timesTwo(key)
  return Int32Array.from([...key, ...doubled, ...timesTwo(doubled)])
}

function timesTwo(key: Int32Array): Int32Array {
  const [a, b, c, d] = [key[0]!, key[1]!, key[2]!, key[3]!]
  return Int32Array.of(
    (a << 1) ^ (d < 0 ? 0x87 : 0),
    (b << 1) | (a >>> 31),
    (c << 1) | (b >>> 31),
    (d << 1) | (c >>> 31),
  )
}

const block = new Int32Array(4)

/** The MAC of `text` taken as bytes. Answers the OR of its code units: over 255, the text is not bytes. */
function chaskey(key: Int32Array, text: string, out: Int32Array, put: number): number {
  const length = text.length
  const mask = length > 0 && length % BLOCK_BYTES === 0 ? 4 : 8
  let v0 = key[0]!
  let v1 = key[1]!
  let v2 = key[2]!
  let v3 = key[3]!
  let units = 0
  for (let at = 0, last = false; !last; at += BLOCK_BYTES) {
    last = at + BLOCK_BYTES >= length
    units |= at + BLOCK_BYTES <= length ? readBlock(text, at) : readLastBlock(text, at)
    v0 ^= block[0]!
    v1 ^= block[1]!
    v2 ^= block[2]!
    v3 ^= block[3]!
    if (last) {
      v0 ^= key[mask]!
      v1 ^= key[mask + 1]!
      v2 ^= key[mask + 2]!
      v3 ^= key[mask + 3]!
    }
    for (let round = 0; round < ROUNDS; round++) {
      v0 = (v0 + v1) | 0
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
      v0 = (v0 << 16) | (v0 >>> 16)
      v2 = (v2 + v3) | 0
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
      v0 = (v0 + v3) | 0
      v3 = ((v3 << 13) | (v3 >>> 19)) ^ v0
      v2 = (v2 + v1) | 0
      v1 = ((v1 << 7) | (v1 >>> 25)) ^ v2
      v2 = (v2 << 16) | (v2 >>> 16)
    }
  }
  out[put] = v0 ^ key[mask]!
  out[put + 1] = v1 ^ key[mask + 1]!
  out[put + 2] = v2 ^ key[mask + 2]!
  out[put + 3] = v3 ^ key[mask + 3]!
  return units
}

function readBlock(text: string, start: number): number {
  let units = 0
  for (let word = 0, at = start; word < 4; word++, at += 4) {
    const a = text.charCodeAt(at)
    const b = text.charCodeAt(at + 1)
    const c = text.charCodeAt(at + 2)
    const d = text.charCodeAt(at + 3)
    units |= a | b | c | d
    block[word] = a | (b << 8) | (c << 16) | (d << 24)
  }
  return units
}

/** The rest of the text, then a single 1 byte and zeros. */
function readLastBlock(text: string, start: number): number {
  const rest = text.length - start
  let units = 0
  block.fill(0)
  for (let i = 0; i < rest; i++) {
    const unit = text.charCodeAt(start + i)
    units |= unit
    block[i >>> 2]! |= unit << ((i & 3) << 3)
  }
  block[rest >>> 2]! |= 1 << ((rest & 3) << 3)
  return units
}
