import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import type { ResultName, ResultRow, Results } from '../peers/batch/results.ts'

const NAMES: readonly ResultName[] = ['hourly', 'daily', 'minutely']

/** What must be equal of two engines, whatever they estimate: events, and sums of minutes, of all rows. */
export type Totals = { readonly trips: number; readonly minutes: number; readonly rows: number }

/** Reads what a peer wrote: Parquet, a folder or a file a result. */
export async function readParquetResults(folder: string): Promise<Results> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const read = async (name: ResultName): Promise<readonly ResultRow[]> => {
    const inFolder = existsSync(join(folder, name))
    const path = join(folder, inFolder ? `${name}/*.parquet` : `${name}.parquet`)
    const reader = await connection.runAndReadAll(
      `SELECT * FROM read_parquet('${path.replaceAll("'", "''")}')`,
    )
    return reader.getRowObjectsJson().map(rowOf)
  }
  const results = {
    hourly: await read('hourly'),
    daily: await read('daily'),
    minutely: await read('minutely'),
  }
  connection.closeSync()
  instance.closeSync()
  return results
}

/** The totals of each result; the daily one has no sums. */
export function totalsOf(results: Results): Readonly<Record<ResultName, Totals>> {
  const of = (rows: readonly ResultRow[]): Totals => ({
    trips: sumOf(rows, 'trips'),
    minutes: Math.round(sumOf(rows, 'minutes') * 10) / 10,
    rows: rows.length,
  })
  return Object.fromEntries(NAMES.map(name => [name, of(results[name])])) as Record<ResultName, Totals>
}

function rowOf(row: Readonly<Record<string, unknown>>): ResultRow {
  const { window, board, ...values } = row
  const key = [window, board].filter(part => part !== undefined).map(Number)
  const numbers = Object.entries(values).map(([name, value]) => [name, Number(value)] as const)
  return { key: key.join(' '), values: Object.fromEntries(numbers) }
}

function sumOf(rows: readonly ResultRow[], name: string): number {
  return rows.reduce((sum, { values }) => sum + (values[name] ?? 0), 0)
}
