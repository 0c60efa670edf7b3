import type { Sql } from '../dialect.ts'

/**
 * DECIMAL(18, scale) of a double. A cast of a double to DECIMAL rounds the double's binary value, and the
 * cast of JSON text to DECIMAL goes the same wrong way. It is right where the decimal casts back to the very
 * double and has at most 15 digits, as two such decimals never share a double; everything else goes through
 * the shortest text, whose exponent `1e-7` the cast does not read.
 */
export function decimal(double: Sql, scale: number): Sql {
  const type = `DECIMAL(18, ${scale})`
  const quick = `TRY_CAST(${double} AS ${type})`
  const shortest = `${double}::VARCHAR`
  const digits = `replace(replace(split_part(${shortest}, 'e-', 1), '.', ''), '-', '')`
  const zeros = `repeat('0', split_part(${shortest}, 'e-', 2)::INT - 1)`
  const plain = `CASE WHEN contains(${shortest}, 'e-') THEN (CASE WHEN ${double} < 0 THEN '-0.' ELSE '0.' END) || ${zeros} || ${digits} ELSE ${shortest} END`
  return `CASE WHEN abs(${double}) < 1e${15 - scale} AND CAST(${quick} AS DOUBLE) = ${double} THEN ${quick} ELSE CAST(${plain} AS ${type}) END`
}
