import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'

/** The rows of an answer as Parquet, as the JSON that says the same. */
export async function parquetText(bytes: Uint8Array): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-widen-'))
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  try {
    const file = join(folder, 'answer.parquet')
    await writeFile(file, bytes)
    const connection = await instance.connect()
    const reader = await connection.runAndReadAll(`FROM read_parquet('${file}')`)
    const rows = reader.getRowObjectsJson().map(({ window, hoverboard_id: board, ...values }) => ({
      ...{ window, group: board === undefined ? {} : { hoverboard_id: Number(board) } },
      values: Object.fromEntries(Object.entries(values).map(([name, one]) => [name, numberOf(one)])),
    }))
    connection.closeSync()
    return JSON.stringify({ rows })
  } finally {
    instance.closeSync()
    await rm(folder, { recursive: true })
  }
}

/** Decimals and large numbers come as texts. */
function numberOf(value: unknown): unknown {
  return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value
}
