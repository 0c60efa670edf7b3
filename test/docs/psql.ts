import { parseArgs } from 'node:util'
import pg from 'pg'

/**
 * What the pages use of `psql`, for a machine without it: connects as its flags and PGPASSWORD say, and
 * prints the rows of `-c` where it is given.
 */
const option = (short: string) => ({ type: 'string', short }) as const
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { host: option('h'), port: option('p'), username: option('U'), command: option('c') },
})
const client = new pg.Client({
  host: values.host!,
  port: Number(values.port),
  user: values.username!,
  database: positionals[0]!,
})
await client.connect()
if (values.command !== undefined) {
  const { fields, rows } = await client.query({ text: values.command, rowMode: 'array' })
  const lines = [fields.map(({ name }) => name), [], ...(rows as unknown[][])]
  process.stdout.write(lines.map(cells => `${cells.map(String).join(' | ')}\n`).join(''))
}
await client.end()
