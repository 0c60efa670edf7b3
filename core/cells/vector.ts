/**
 * A sparse vector of counters or registers: a flat list of index and value, sorted by index, values never
 * zero. HyperLogLog registers and histogram bins both live in it; most groups touch a few entries only.
 */
export type Vector = number[]

/** Adds one entry in place, combining with the one already there. */
export function touch(vector: Vector, index: number, value: number, combine: 'sum' | 'max'): void {
  let low = 0
  let high = vector.length >> 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (vector[middle << 1]! < index) low = middle + 1
    else high = middle
  }
  const at = low << 1
  if (vector[at] !== index) vector.splice(at, 0, index, value)
  else if (combine === 'sum') vector[at + 1]! += value
  else if (vector[at + 1]! < value) vector[at + 1] = value
}

/** A new vector with the entries of both. */
export function merge(a: Vector, b: Vector, combine: 'sum' | 'max'): Vector {
  const merged: Vector = []
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    const left = i < a.length ? a[i]! : Infinity
    const right = j < b.length ? b[j]! : Infinity
    if (left < right) {
      merged.push(left, a[i + 1]!)
      i += 2
    } else if (right < left) {
      merged.push(right, b[j + 1]!)
      j += 2
    } else {
      const [x, y] = [a[i + 1]!, b[j + 1]!]
      merged.push(left, combine === 'sum' ? x + y : Math.max(x, y))
      i += 2
      j += 2
    }
  }
  return merged
}

/** Canonical text: `index:value` entries by index, separated by one space. */
export function formatVector(vector: Vector): string {
  let text = ''
  for (let i = 0; i < vector.length; i += 2) text += `${i === 0 ? '' : ' '}${vector[i]}:${vector[i + 1]}`
  return text
}

/**
 * Reads what `formatVector`, or the batch layer's SQL, wrote. Digit by digit: a batch run reads millions of
 * entries.
 */
export function parseVector(text: string): Vector {
  const vector: Vector = []
  let value = 0
  let sign = 1
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === MINUS) sign = -1
    else if (code >= ZERO && code < COLON) value = value * 10 + code - ZERO
    else {
      // A colon ends an index, a space a value; only an index has a sign.
      vector.push(sign * value)
      value = 0
      sign = 1
    }
  }
  if (text !== '') vector.push(value)
  return vector
}

const MINUS = 45
const ZERO = 48
const COLON = 58
