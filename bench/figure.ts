/**
 * One measured figure, beside its floor (what the machine does without us, measured in the same run) and its
 * target.
 */
export type Figure = {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly floor?: { readonly what: string; readonly value: number }
  readonly target?: { readonly text: string; readonly reached: boolean }
  /** What else is worth knowing. */
  readonly note?: string
}

/** A suite measures a few figures that belong together. */
export type Suite = () => Promise<readonly Figure[]>

/** The table that people read. */
export function tableOf(figures: readonly Figure[]): string {
  const rows = figures.map(({ name, value, unit, floor, target, note }) => [
    name,
    `${shown(value)} ${unit}`,
    floor === undefined ? '' : `${shown(floor.value)} (${floor.what})`,
    target === undefined ? '' : `${target.reached ? 'reached' : 'MISSED'}: ${target.text}`,
    note ?? '',
  ])
  return aligned([['figure', 'measured', 'floor', 'target', ''], ...rows])
}

/** Rows as lines, each column as wide as its widest cell. */
export function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)))
  return rows
    .map(row =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function shown(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : 2
  return value.toLocaleString('en', { maximumFractionDigits: digits })
}

/** The middle of values. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** The q-quantile of values by nearest rank; NaN without values. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN
}
