import type { Sql } from '../dialect.ts'

/**
 * DECIMAL(18, scale) of a double, rounded half away from zero on its shortest text, without Java's text of
 * it, which before Java 19 is not always the shortest. (No two decimals of at most 15 digits share a double,
 * so one that is read as this very double is its shortest text; 17 digits tell any two doubles apart.)
 */
export function decimalOfDouble(double: Sql, scale: number): Sql {
  const cast = (value: Sql) => `CAST(${value} AS DECIMAL(18, ${scale}))`
  const short = cast(shortOf(double))
  if (scale > MOST_PLACES_BESIDE_WHOLE) return short
  return `CASE WHEN abs(${double}) >= ${WHOLE_FROM} THEN ${cast(wholeOf(double))} ELSE ${short} END`
}

/** From 2^53 on a double is a whole number; 18 digits have such ones only beside few decimal places. */
const WHOLE_FROM = '9007199254740992D'
const MOST_PLACES_BESIDE_WHOLE = 2

/** Of a whole number all digits are known: as few of them as are read as this very double. */
function wholeOf(double: Sql): Sql {
  const whole = `CAST(CAST(${double} AS BIGINT) AS DECIMAL(19, 0))`
  const whens = [3, 2, 1].map(zeros => {
    const rounded = `round(${whole}, -${zeros})`
    return `WHEN CAST(${rounded} AS DOUBLE) = ${double} THEN ${rounded}`
  })
  return `CASE ${whens.join(' ')} ELSE ${whole} END`
}

/** As text: of 15 or 16 digits where that is read as this very double, else Java's, of 17. */
function shortOf(double: Sql): Sql {
  const whens = [15, 16].map(digits => {
    const rounded = `format_string('%.${digits - 1}e', ${double})`
    return `WHEN CAST(${rounded} AS DOUBLE) = ${double} THEN ${rounded}`
  })
  return `CASE ${whens.join(' ')} ELSE CAST(${double} AS STRING) END`
}
