import { NumberText, scaleText } from './decimal.ts'

/** What the reference asks of a value before it takes it for one of a field. */
export type Wanted = {
  /** JSON type of the leaf; undefined: anything. */
  readonly type: string | undefined
  readonly isInstant: boolean
  readonly isNullable: boolean
  readonly scale: number | undefined
}

/**
 * Whether a value is of the kind that its field is declared as. What is not is missing: an event may be older
 * than the declaration, and nobody asked then what it has under that name.
 */
export function isOfKind(wanted: Wanted, value: unknown): boolean {
  if (value === null) return wanted.isNullable
  switch (wanted.type) {
    case 'string':
      return typeof value === 'string' && (!wanted.isInstant || isInstant(value))
    case 'integer':
      return value instanceof NumberText && isWhole(value.source)
    case 'number':
      return value instanceof NumberText && hasRoom(value.source, wanted.scale)
    case 'boolean':
      return typeof value === 'boolean'
    default:
      return true
  }
}

/** More places than any double has in its text. */
const PLACES = 400

function isWhole(source: string): boolean {
  const exact = scaleText(source, PLACES)
  const unit = 10n ** BigInt(PLACES)
  const largest = BigInt(Number.MAX_SAFE_INTEGER) * unit
  return exact % unit === 0n && exact <= largest && exact >= -largest
}

/** 18 digits in all, so many of them after the point. */
function hasRoom(source: string, scale: number | undefined): boolean {
  const value = Math.abs(Number(source))
  return scale === undefined ? Number.isFinite(value) : value < Number(`1e${18 - scale}`)
}

const FORM =
  /^(\d{4}-(\d\d)-\d\d)[Tt]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/
const [FIRST, LAST] = [Date.parse('0001-01-01T00:00:00Z'), Date.parse('9999-12-31T23:59:59.999Z')]

/** RFC 3339 within the years 1 to 9999 in UTC, on a day that there is, in at most 64 characters. */
function isInstant(text: string): boolean {
  const day = FORM.exec(text)?.[1]
  if (day === undefined || text.length > 64) return false
  const midnight = new Date(`${day}T00:00:00Z`)
  if (Number.isNaN(midnight.getTime()) || midnight.toISOString().slice(0, 10) !== day) return false
  const ms = Date.parse(text.toUpperCase().replace(/(\.\d{3})\d+/, '$1'))
  return ms >= FIRST && ms <= LAST
}
