import { parseArgs } from 'node:util'
import { type Figure, type Suite, tableOf } from './figure.ts'
import { batch } from './suites/batch.ts'
import { flights } from './suites/flights.ts'
import { ingest } from './suites/ingest.ts'
import { latency } from './suites/latency.ts'
import { pipeline } from './suites/pipeline.ts'

/**
 * `npm run bench [-- suite …] [--json]`: measures what the platform promises, each figure beside its floor
 * measured in the same run. The machine should have nothing else to do. All suites take about ten minutes.
 */
const SUITES: Readonly<Record<string, Suite>> = { ingest, pipeline, latency, batch, flights }

const { values, positionals } = parseArgs({
  options: { json: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const names = positionals.length > 0 ? positionals : Object.keys(SUITES)
for (const name of names) {
  if (Object.hasOwn(SUITES, name)) continue
  process.stderr.write(`no suite is called "${name}"; there are ${Object.keys(SUITES).join(', ')}\n`)
  process.exit(2)
}
const figures: Figure[] = []
for (const name of names) {
  process.stderr.write(`${name} …\n`)
  figures.push(...(await SUITES[name]!()))
}
process.stdout.write(values.json ? `${JSON.stringify(figures, null, 2)}\n` : `${tableOf(figures)}\n`)
