/** One configuration of one system, and what was measured of it. */
export type Row = {
  readonly suite: string
  readonly system: string
  readonly configuration: string
  /** Value by column; numbers are shown rounded. */
  readonly figures: Readonly<Record<string, number | string>>
  /** What else is worth knowing: what was set, what is not compared. */
  readonly note?: string
}

/** Says a row as soon as it is measured, so that a run that is cut short has not been for nothing. */
export function told<R extends Row>(row: R): R {
  process.stderr.write(`${JSON.stringify(row)}\n`)
  return row
}

/** The row of a configuration that could not be measured, and why. */
export function unmeasured(suite: string, system: string, configuration: string, reason: unknown): Row {
  const note = reason instanceof Error ? reason.message : String(reason)
  process.stderr.write(`  ${system}, ${configuration}: not measured: ${note}\n`)
  return { suite, system, configuration, figures: {}, note: `not measured: ${note.split('\n')[0]}` }
}

/** Markdown tables, one a suite, because suites measure different things. */
export function tablesOf(rows: readonly Row[]): string {
  return [...new Set(rows.map(row => row.suite))]
    .map(suite => tableOf(rows.filter(row => row.suite === suite)))
    .join('\n\n')
}

function tableOf(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap(row => Object.keys(row.figures)))]
  const head = [rows[0]!.suite, 'configuration', ...columns, 'note']
  const body = rows.map(row => [
    row.system,
    row.configuration,
    ...columns.map(column => shown(row.figures[column])),
    row.note ?? '',
  ])
  return [head, head.map(() => '---'), ...body].map(cells => `| ${cells.join(' | ')} |`).join('\n')
}

function shown(value: number | string | undefined): string {
  if (typeof value !== 'number') return value ?? '–'
  return value.toLocaleString('en', { maximumFractionDigits: Math.abs(value) >= 100 ? 0 : 1 })
}
