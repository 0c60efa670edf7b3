import type { Keyed } from '../cells/cell-type.ts'
import { parseJson } from '../json/json.ts'
import { columnTypeOf } from '../lake/column.ts'
import {
  type Declared,
  type MeasureType,
  type MeasureValue,
  needsSingleValue,
  ofField,
} from './measure-type.ts'

/** What measures share that show one event's value of a field, in the field's own type. */
export const keptValue = {
  ...ofField,
  checkUse: needsSingleValue('shows'),
  result: (_measure, field) => ({
    schema: { type: [JSON_TYPE[field!.kind], 'null'] },
    column: columnTypeOf(field!),
  }),
  describe: ({ kind, field }) => `${kind} value of ${field}`,
  present: (_measure, { cells: [cell] }) =>
    cell === null ? null : (parseJson((cell as Keyed).json) as MeasureValue),
} as const satisfies Partial<MeasureType<Declared & { readonly field: string }>>

const JSON_TYPE = {
  string: 'string',
  instant: 'string',
  integer: 'integer',
  number: 'number',
  boolean: 'boolean',
  json: 'string',
} as const
