import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { ClientBase } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { TributaryError } from '../../../core/errors.ts'

/**
 * Streams a CSV file (no header, empty unquoted = NULL) into a table; `columns` are quoted and in file order.
 */
export async function copyCsv(
  client: ClientBase,
  target: { readonly table: string; readonly columns: readonly string[]; readonly csv: string },
): Promise<void> {
  const sql = `COPY ${target.table} (${target.columns.join(', ')}) FROM STDIN WITH (FORMAT csv, ENCODING 'UTF8')`
  await pipeline(storableChunks(target.csv), client.query(copyFrom(sql)))
}

/**
 * The file's bytes with every NUL replaced by U+FFFD: JSON strings may hold one, PostgreSQL's text may not,
 * and a load refused for it would be refused for ever.
 */
async function* storableChunks(csv: string): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of createReadStream(csv, { highWaterMark: 1 << 18 }))
      yield withoutNul(chunk as Buffer)
  } catch (cause) {
    throw new TributaryError('storage_failed', `warehouse: cannot read ${csv}`, { cause })
  }
}

const REPLACEMENT = Buffer.from('\uFFFD')

/** In UTF-8 a zero byte is never part of another character, so chunks may end anywhere. */
function withoutNul(chunk: Buffer): Buffer {
  if (!chunk.includes(0)) return chunk
  const parts: Buffer[] = []
  let start = 0
  for (let at = chunk.indexOf(0); at !== -1; at = chunk.indexOf(0, start)) {
    parts.push(chunk.subarray(start, at), REPLACEMENT)
    start = at + 1
  }
  return Buffer.concat([...parts, chunk.subarray(start)])
}
