import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { batch } from './batch/batch.ts'
import { ingest } from './ingest/ingest.ts'
import { type Row, tablesOf } from './row.ts'
import { kills, shared, stream } from './stream/stream.ts'

/**
 * `npm run bench:peers [-- suite …] [--json]`: the platform beside other tools, on the same events and cores:
 * see README.md. Needs Linux, Java 17, Maven, Go and Python; a tool that is missing costs its own rows only.
 */
const SUITES: Readonly<Record<string, () => Promise<readonly Row[]>>> = {
  ingest,
  stream,
  shared,
  kills,
  batch: batch(5_000_000),
  batch10: batch(10_000_000),
}

const { values, positionals } = parseArgs({
  options: { json: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const names = positionals.length > 0 ? positionals : ['ingest', 'stream', 'shared', 'kills', 'batch']
for (const name of names) {
  if (Object.hasOwn(SUITES, name)) continue
  process.stderr.write(`no suite is called "${name}"; there are ${Object.keys(SUITES).join(', ')}\n`)
  process.exit(2)
}
// What is measured has core 0; this process keeps to the load's.
spawnSync('taskset', ['-a', '-p', '-c', '1', String(process.pid)])
const rows: Row[] = []
for (const name of names) {
  process.stderr.write(`${name} …\n`)
  rows.push(...(await SUITES[name]!()))
}
process.stdout.write(values.json ? `${JSON.stringify(rows, null, 2)}\n` : `${tablesOf(rows)}\n`)
process.exit(0)
