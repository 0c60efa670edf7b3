/** A number as it stands in JSON text: the reference never turns it into a double. */
export class NumberText {
  readonly source: string
  constructor(source: string) {
    this.source = source
  }
}

/** Parses JSON keeping every number's own text. */
export function parseExact(json: string): unknown {
  return JSON.parse(json, (_key, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' ? new NumberText(context!.source!) : value,
  )
}

/**
 * Decimal text × 10^scale as an integer, half away from zero: moves the point, looks at the first digit cut
 * off.
 */
export function scaleText(source: string, scale: number): bigint {
  const negative = source.startsWith('-')
  const [mantissa = '', exponent = '0'] = source
    .replace('-', negative ? '' : '-')
    .toLowerCase()
    .split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  const point = whole.length + Number(exponent) + scale
  const digits = (whole + fraction).padEnd(Math.max(point + 1, 1), '0')
  const kept = point <= 0 ? '0' : digits.slice(0, point)
  const firstCut = point < 0 ? '0' : digits[point]!
  const rounded = BigInt(kept) + (firstCut >= '5' ? 1n : 0n)
  return negative ? -rounded : rounded
}

/** Shortest decimal text of value / 10^scale. */
export function plainText(value: bigint, scale: number): string {
  const unit = 10n ** BigInt(scale)
  const magnitude = value < 0n ? -value : value
  let fraction = scale === 0 ? '' : String(unit + (magnitude % unit)).slice(1)
  while (fraction.endsWith('0')) fraction = fraction.slice(0, -1)
  return `${value < 0n ? '-' : ''}${magnitude / unit}${fraction === '' ? '' : `.${fraction}`}`
}

/**
 * The double nearest to numerator / denominator, ties to even: 70 bits of quotient and a sticky bit decide.
 */
export function nearestDouble(numerator: bigint, denominator: bigint): number {
  if (numerator === 0n) return 0
  const magnitude = numerator < 0n ? -numerator : numerator
  const shift = Math.max(0, 70 + bits(denominator) - bits(magnitude))
  const shifted = magnitude << BigInt(shift)
  const sticky = shifted % denominator === 0n ? 0n : 1n
  const nearest = Number(((shifted / denominator) << 1n) | sticky) * 2 ** -(shift + 1)
  return numerator < 0n ? -nearest : nearest
}

export function bits(value: bigint): number {
  return value === 0n ? 0 : value.toString(2).length
}
