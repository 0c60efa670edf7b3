import { scaleText } from '../oracle/decimal.ts'
import { type Leaf, valueAt } from './written.ts'

/**
 * What every table must show of an event's data, as comparable texts by column; null where nothing stands.
 * Computed from what the author meant, and nothing of the platform's.
 */
export function expectedRow(leaves: readonly Leaf[], data: unknown): readonly (string | null)[] {
  return leaves.map(leaf => {
    const value = valueAt(leaf, data)
    return value === undefined || value === null ? null : textOf(leaf, value)
  })
}

function textOf({ kind, scale }: Leaf, value: unknown): string {
  if (kind === 'text') return value as string
  if (kind === 'instant') return String(microseconds(value as string))
  if (kind === 'json') return sorted(value)
  const text = JSON.stringify(value)
  return kind === 'number' && scale !== undefined ? `${scaleText(text, scale)}` : text
}

/** What a table shows, made comparable: `text` is the value in the engine's own text. */
export function shownText({ kind, scale }: Leaf, text: string | null): string | null {
  if (text === null || kind === 'text' || kind === 'instant') return text
  if (kind === 'json') return sorted(JSON.parse(text))
  if (kind !== 'number') return text
  return scale === undefined ? JSON.stringify(Number(text)) : `${scaleText(text, scale)}`
}

/** JSON with the keys of its objects in order. */
export function sorted(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  )
}

/** Since 1970; digits below are cut off. */
function microseconds(text: string): bigint {
  const [, second = '', fraction = '', zone = ''] = /^(.{19})(?:\.(\d+))?(.*)$/.exec(text) ?? []
  const [, sign, hours, minutes] = /^([+-])(\d\d):(\d\d)$/.exec(zone) ?? []
  const offset = sign === undefined ? 0 : Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes)) * 60_000
  return BigInt(Date.parse(`${second}Z`) - offset) * 1000n + BigInt(fraction.padEnd(6, '0').slice(0, 6))
}
