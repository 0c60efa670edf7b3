import type { ColumnInfo, Row } from '@aws-sdk/client-athena'
import type { LakeRow, LakeValue } from '../../core/ports/lake.ts'

const NUMBERS: ReadonlySet<string> = new Set(['tinyint', 'smallint', 'integer', 'float', 'real', 'double'])

/** Rows of a page as values. Decimals stay text, which is exact; so do dates, timestamps and what is nested. */
export function athenaRows(rows: readonly Row[], columns: readonly ColumnInfo[]): readonly LakeRow[] {
  return rows.map(({ Data = [] }) =>
    Object.fromEntries(
      columns.map((column, i) => [column.Name ?? '', cellOf(Data[i]?.VarCharValue, column)] as const),
    ),
  )
}

/** Athena gives every value as text, and null as none. */
function cellOf(text: string | undefined, { Type, Scale }: ColumnInfo): LakeValue {
  if (text === undefined) return null
  if (Type === 'bigint' || (Type === 'decimal' && Scale === 0)) return BigInt(text)
  if (Type === 'boolean') return text === 'true'
  return NUMBERS.has(Type ?? '') ? Number(text) : text
}
