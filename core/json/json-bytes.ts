/** Bytes of JSON text. */
export const SPACE = 0x20
export const QUOTE = 0x22
export const COMMA = 0x2c
export const MINUS = 0x2d
export const POINT = 0x2e
export const ZERO = 0x30
export const NINE = 0x39
export const COLON = 0x3a
export const UPPER_E = 0x45
export const OPEN_BRACKET = 0x5b
export const BACKSLASH = 0x5c
export const CLOSE_BRACKET = 0x5d
export const UNDERSCORE = 0x5f
export const LOWER_E = 0x65
export const LOWER_F = 0x66
export const LOWER_N = 0x6e
export const LOWER_T = 0x74
export const OPEN_BRACE = 0x7b
export const CLOSE_BRACE = 0x7d

/** What may follow a backslash in canonical text. */
export const SHORT_ESCAPES = Buffer.from('"\\bfnrt')
/** What a number may consist of. */
export const NUMBER_BYTES = Buffer.from('0123456789.eE+-')

export function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE
}
