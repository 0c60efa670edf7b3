import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DuckDBInstance } from '@duckdb/node-api'
import { formatInstant } from '../../core/data/time.ts'
import { TributaryError } from '../../core/errors.ts'

/** Flights of the data set: 2001-01-01 to 2001-07-01. */
export const FLIGHTS = 3_000_000

const COLUMNS = 'file_row_number, epoch_ms(date) AS ms, delay, distance, origin, destination'

/**
 * The real flights of `vega-datasets` as CloudEvents, JSON text, in file order. A flight has the same id in
 * every run: its row number. Dates carry no zone and are taken as UTC.
 */
export async function* flightEvents(limit: number): AsyncGenerator<string> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  try {
    const file = flightsFile().replaceAll("'", "''")
    const rows = await connection.stream(
      `SELECT ${COLUMNS} FROM read_parquet('${file}', file_row_number = true) LIMIT ${limit}`,
    )
    for (;;) {
      const chunk = await rows.fetchChunk()
      if (chunk === null || chunk.rowCount === 0) return
      for (const row of chunk.getRows()) yield flightEvent(row)
    }
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

function flightsFile(): string {
  try {
    // The package exports its code only, so the data is found beside it.
    return join(fileURLToPath(import.meta.resolve('vega-datasets')), '..', '..', 'data', 'flights-3m.parquet')
  } catch (cause) {
    throw new TributaryError('not_found', 'the package vega-datasets is not installed; run npm install', {
      cause,
    })
  }
}

/** A row that cannot be an event is sent as it is: the platform rejects it with the reason, and keeps it. */
function flightEvent([row, ms, delay, distance, origin, destination]: readonly unknown[]): string {
  return JSON.stringify({
    specversion: '1.0',
    id: `flight-${row}`,
    source: '/demo/flights-2001',
    type: 'com.tributary.flight',
    time: typeof ms === 'bigint' ? formatInstant(Number(ms)) : null,
    data: { origin, destination, distance: integer(distance), delay: integer(delay) },
  })
}

function integer(value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value
}
