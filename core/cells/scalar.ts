import type { Scaled } from '../data/decimal.ts'
import type { CellType, ScalarSql } from './cell-type.ts'

/** What cells that hold one number share: null before the first value, decimal digits as text. */
export const scalarCell = {
  empty: () => null,
  format: value => (value === null ? null : String(value)),
  parse: text => (text === null ? null : parseScaled(text)),
  pack: value => (value === null ? '' : String(value)),
  unpack: text => (text === '' ? null : parseScaled(text)),
  isDense: true,
  largest: 0,
} as const satisfies Partial<CellType<Scaled | null>>

/** SQL of a cell that is one aggregate of a decimal column. */
export function scalarSql(aggregate: 'min' | 'max'): ScalarSql {
  return {
    form: 'scalar',
    readsText: false,
    value: (dialect, field) => dialect.identifier(field!.column),
    aggregates: (_dialect, value) => [`${aggregate}(${value})`],
    text: (dialect, [value], field) => dialect.scaledText(value!, field!.scale!),
  }
}

/** Reads decimal digits of any length. */
export function parseScaled(text: string): Scaled {
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : BigInt(text)
}
