import { createHash } from 'node:crypto'
import { bits, nearestDouble } from './decimal.ts'

const REGISTERS = 4096

/**
 * HyperLogLog registers of texts as `index:rank …`: 12 bits of the MD5 name the register, the next 52 give
 * the rank.
 */
export function registersOf(texts: readonly string[]): ReadonlyMap<number, number> {
  const registers = new Map<number, number>()
  for (const text of texts) {
    const digest = BigInt(`0x${createHash('md5').update(text, 'utf8').digest('hex')}`)
    const index = Number(digest >> 116n)
    const rank = 52 - bits((digest >> 64n) & ((1n << 52n) - 1n)) + 1
    registers.set(index, Math.max(rank, registers.get(index) ?? 0))
  }
  return registers
}

/** Histogram bins: the first three digits and how many follow. */
export function binsOf(values: readonly bigint[]): ReadonlyMap<number, number> {
  const bins = new Map<number, number>()
  for (const value of values) {
    const bin = binOfText(String(value))
    bins.set(bin, (bins.get(bin) ?? 0) + 1)
  }
  return bins
}

export function binOfText(text: string): number {
  if (text.startsWith('-')) return -binOfText(text.slice(1))
  if (text.length <= 3) return Number(text)
  return 1000 + (text.length - 4) * 900 + (Number(text.slice(0, 3)) - 100)
}

export function sketchText(entries: ReadonlyMap<number, number>): string {
  return [...entries]
    .sort(([a], [b]) => a - b)
    .map(([index, value]) => `${index}:${value}`)
    .join(' ')
}

/** Ertl 2017, theorem of the improved raw estimator, written as the sums it is. */
export function estimateOf(registers: ReadonlyMap<number, number>): number {
  const share = (rank: number) => {
    const having = [...registers.values()].filter(value => value === rank).length
    return (rank === 0 ? REGISTERS - registers.size : having) / REGISTERS
  }
  let total = sigma(share(0)) + tau(1 - share(53)) * 2 ** -52
  for (let rank = 1; rank <= 52; rank++) total += share(rank) * 2 ** -rank
  return Math.round(REGISTERS / (2 * Math.LN2 * total))
}

function sigma(x: number): number {
  if (x === 1) return Infinity
  let sum = x
  for (let k = 1; k < 60; k++) sum += x ** (2 ** k) * 2 ** (k - 1)
  return sum
}

function tau(x: number): number {
  let sum = 1 - x
  for (let k = 1; k < 60; k++) sum -= (1 - x ** (2 ** -k)) ** 2 * 2 ** -k
  return sum / 3
}

/** The middle of the bin of the ⌈q·n⌉-th smallest value; q is read as the decimal it is written as. */
export function quantileOf(values: readonly bigint[], q: number, scale: number): number {
  const [, fraction = ''] = String(q).split('.')
  const hundredth = 10n ** BigInt(fraction.length)
  const product = BigInt(fraction) * BigInt(values.length)
  const rank = Number((product + hundredth - 1n) / hundredth)
  const bins = [...values].map(value => ({ value, bin: binOfText(String(value)) }))
  bins.sort((a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : 0))
  return middleOf(bins[rank - 1]!.bin, scale)
}

function middleOf(bin: number, scale: number): number {
  if (bin < 0) return -middleOf(-bin, scale)
  if (bin < 1000) return nearestDouble(BigInt(bin), 10n ** BigInt(scale))
  const width = 10n ** BigInt(Math.floor((bin - 1000) / 900) + 1)
  const low = BigInt(100 + ((bin - 1000) % 900)) * width
  return nearestDouble(low + width / 2n, 10n ** BigInt(scale))
}
