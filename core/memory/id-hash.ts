/** Longest text that is hashed whole; of a longer one its beginning, its end and its length are. */
const WHOLE = 64

/**
 * Hashes the identity of an event within its type to a whole number from 0 below 2^30, which engines keep
 * without a box. It only says where to look for an equal one: equal hashes prove nothing.
 */
export function createIdHash(): (source: string, id: string) => number {
  // Events of a request mostly share a source.
  let lastSource = ''
  let lastHash = hashed(SEED, '')
  return (source, id) => {
    if (source !== lastSource) {
      lastSource = source
      lastHash = hashed(SEED, source)
    }
    return hashed(lastHash, id) & 0x3fffffff
  }
}

const SEED = 0x2f0b4c47

/** FNV-1a over two halves at a time, so that one multiplication does not wait for the other. */
function hashed(seed: number, text: string): number {
  const { length } = text
  const end = Math.min(length, WHOLE)
  const half = end >> 1
  let first = seed ^ length
  let second = seed
  for (let i = 0; i < half; i++) {
    first = Math.imul(first ^ text.charCodeAt(i), 0x01000193)
    second = Math.imul(second ^ text.charCodeAt(length - 1 - i), 0x85ebca6b)
  }
  if ((end & 1) === 1) first = Math.imul(first ^ text.charCodeAt(half), 0x01000193)
  const both = Math.imul(first ^ (second >>> 15), 0x7feb352d) ^ second
  return both ^ (both >>> 16)
}
