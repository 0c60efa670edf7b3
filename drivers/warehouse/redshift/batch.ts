import { TributaryError } from '../../../core/errors.ts'

/** Statements of one BatchExecuteStatement (Data API reference, BatchExecuteStatement, `Sqls`). */
export const MAX_STATEMENTS = 40
/** Bytes of one statement (Redshift management guide, "Considerations when calling the Data API": 100 KB). */
const MAX_STATEMENT_BYTES = 100_000
const MAX_BATCH_BYTES = MAX_STATEMENTS * MAX_STATEMENT_BYTES

/**
 * Statements as one batch, which is one transaction. Where there are more than a batch takes, the body goes
 * into stored procedures, each as long as a statement may be, made and called within the transaction.
 *
 * @param head statements that come first, as they are
 * @throws TributaryError `invalid_declaration` for what is too long even so
 */
export function packed(head: readonly string[], body: readonly string[]): readonly string[] {
  const whole = [...head, ...body]
  const batch = whole.length <= MAX_STATEMENTS ? whole : [...head, ...procedures(body)]
  const longest = Math.max(...batch.map(sql => Buffer.byteLength(sql)))
  if (longest <= MAX_STATEMENT_BYTES && batch.length <= MAX_STATEMENTS) return batch
  throw new TributaryError(
    'invalid_declaration',
    `warehouse: a load would take ${batch.length} statements, the longest of ${longest} bytes; the Data API takes ${MAX_STATEMENTS} of ${MAX_STATEMENT_BYTES}: ` +
      'declare fewer or shorter fields in a contract, or fewer contracts and metrics',
  )
}

function procedures(body: readonly string[]): string[] {
  return chunksOf(body).flatMap((chunk, i) => {
    const name = `"tributary-load-${i}"()`
    return [procedure(name, chunk), `CALL ${name}`]
  })
}

/**
 * Whatever stands in the body is as it is up to the quote that ends it; it is one that the body does not have
 * (Redshift database developer guide, "CREATE PROCEDURE": a text between the dollar signs tells quotes
 * apart).
 */
function procedure(name: string, statements: readonly string[]): string {
  const body = statements.join('; ')
  let tag = 0
  while (body.includes(`$body_${tag}$`)) tag++
  const quote = `$body_${tag}$`
  return `CREATE OR REPLACE PROCEDURE ${name} AS ${quote} BEGIN ${body}; END; ${quote} LANGUAGE plpgsql`
}

const FRAME_BYTES = 200

/** Consecutive statements that fit one procedure. */
function chunksOf(statements: readonly string[]): string[][] {
  const chunks: string[][] = []
  let bytes = MAX_BATCH_BYTES
  for (const sql of statements) {
    const more = Buffer.byteLength(sql) + 2
    if (bytes + more > MAX_STATEMENT_BYTES) {
      chunks.push([])
      bytes = FRAME_BYTES
    }
    chunks.at(-1)!.push(sql)
    bytes += more
  }
  return chunks
}
