import { addScaled, type Scaled } from '../data/decimal.ts'
import type { CellType } from './cell-type.ts'
import { parseScaled, scalarCell } from './scalar.ts'

/** Counts below it are plain numbers: no test of the result. */
const MOST = Number.MAX_SAFE_INTEGER

/** Number of events, or of the events that have a value of a field. */
export const count: CellType<Scaled, 'value'> = {
  empty: () => 0,
  combine: addScaled,
  takes: 'value',
  total: 'sum',
  adder: at => cells => {
    const before = cells[at] as Scaled
    cells[at] = typeof before === 'number' && before < MOST ? before + 1 : addScaled(before, 1)
  },
  format: String,
  parse: text => (text === null ? 0 : parseScaled(text)),
  pack: String,
  unpack: text => (text === '' ? 0 : parseScaled(text)),
  isDense: scalarCell.isDense,
  largest: scalarCell.largest,
  sql: {
    form: 'scalar',
    readsText: false,
    value: (dialect, field) => (field === undefined ? '1' : dialect.identifier(field.column)),
    aggregates: (_dialect, value) => [`count(${value})`],
    text: (dialect, [value]) => dialect.asText(value!),
  },
}
