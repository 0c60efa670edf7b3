import { createHash } from 'node:crypto'
import { bits, nearestDouble } from './decimal.ts'

const REGISTERS = 4096

/**
 * A cell of different texts, `index:rank …`. The first 12 bits of a text's MD5 name a register, the next 40
 * give the rank. Up to 256 of them each has an entry of its own, whose index is the 52 bits, moved below 0.
 */
export function distinctOf(texts: readonly string[]): ReadonlyMap<number, number> {
  const hashes = new Set(texts.map(text => createHash('md5').update(text, 'utf8').digest('hex').slice(0, 13)))
  const cell = new Map<number, number>()
  for (const hex of hashes) {
    const hash = BigInt(`0x${hex}`)
    const index = Number(hashes.size <= 256 ? hash - (1n << 52n) : hash >> 40n)
    const rank = 40 - bits(hash & ((1n << 40n) - 1n)) + 1
    cell.set(index, Math.max(rank, cell.get(index) ?? 0))
  }
  return cell
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

/** Text of such a cell: hashes as their 13 hex digits. */
export function distinctText(cell: ReadonlyMap<number, number>): string {
  const hashes = [...cell.keys()].filter(index => index < 0)
  if (hashes.length === 0) return sketchText(cell)
  const hex = (index: number) => (BigInt(index) + (1n << 52n)).toString(16).toUpperCase().padStart(13, '0')
  return hashes.map(hex).sort().join(' ')
}

/** What `distinct` shows of a cell: hashes are counted, from registers the number is estimated. */
export function numberOf(cell: ReadonlyMap<number, number>): number {
  return [...cell.keys()].some(index => index < 0) ? cell.size : estimateOf(cell)
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
