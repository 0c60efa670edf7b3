/**
 * What Trino runs for a statement of Athena. It knows the same SELECT; the statements that Athena has from
 * Hive, and UNLOAD, it says otherwise.
 */
export type Translated = {
  readonly sql: string
  /** Run after it: what an UNLOAD leaves behind that Athena's does not. */
  readonly after?: string
}

const EXTERNAL = /^CREATE EXTERNAL TABLE IF NOT EXISTS `(\w+)` \((.*)\) (.*?) ?LOCATION '([^']+)\/'$/s
const UNLOAD = /^UNLOAD \((.*)\) TO '([^']+)\/' WITH \(format = 'PARQUET', compression = '(\w+)'\)$/s

export function translate(sql: string, queryId: string): Translated {
  const [, table, columns = '', storage = '', location] = EXTERNAL.exec(sql) ?? []
  if (table !== undefined) {
    const format = storage.includes('PARQUET') ? 'PARQUET' : 'TEXTFILE'
    return {
      sql: `CREATE TABLE IF NOT EXISTS "${table}" (${columnsOf(columns)}) WITH (format = '${format}', external_location = '${location}')`,
    }
  }
  const [, query, address] = UNLOAD.exec(sql) ?? []
  if (query !== undefined) {
    // The files of a table with a place of its own stay when it is dropped.
    const made = `"unload_${queryId.replaceAll('-', '_')}"`
    return {
      sql: `CREATE TABLE ${made} WITH (format = 'PARQUET', external_location = '${address}') AS ${query}`,
      after: `DROP TABLE ${made}`,
    }
  }
  return { sql: sql.replace(/^DROP TABLE IF EXISTS `(\w+)`$/, 'DROP TABLE IF EXISTS "$1"') }
}

const TYPES: Readonly<Record<string, string>> = { string: 'varchar', int: 'integer' }

function columnsOf(columns: string): string {
  return columns.replaceAll(
    /`([^`]+)` (\w+(?:\(\d+,\d+\))?)/g,
    (_, name: string, type: string) => `"${name}" ${TYPES[type] ?? type}`,
  )
}
