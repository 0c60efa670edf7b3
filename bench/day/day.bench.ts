/**
 * A day of events in hourly epochs, by the platform's batch run and by other engines, on the same raw files
 * in the same run: typed rows without repeated events as Parquet, and three metrics.
 *
 * `npm run bench:batch -- [--events 100000000] [--hours 24] [--engines ours,spark,chdb] [--rounds 1]
 * [--limit 3600] [--folder FOLDER] [--json]`
 *
 * `--limit`: seconds an engine may take; one that takes longer is ended, and its ratio is a lower bound.
 * `--folder`: where the events are made, and kept for a further run, which makes only those that are missing.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { writeDay } from './day.ts'
import { ENGINES } from './engines.ts'
import { type Measured, measure } from './measure.ts'
import { reportOf } from './report.ts'

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '100000000' },
    hours: { type: 'string', default: '24' },
    engines: { type: 'string', default: Object.keys(ENGINES).join() },
    rounds: { type: 'string', default: '1' },
    limit: { type: 'string', default: '3600' },
    folder: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})
const day = { events: wholeNumber('events'), hours: wholeNumber('hours') }
const [rounds, limit] = [wholeNumber('rounds'), wholeNumber('limit')]
const engines = values.engines
  .split(',')
  .map(
    name =>
      ENGINES[name] ?? fail(`there is no engine "${name}"; there are ${Object.keys(ENGINES).join(', ')}`),
  )

const folder = values.folder ?? mkdtempSync(join(tmpdir(), 'day-bench-'))
const out = join(folder, 'out')
const measured: Measured[] = []
try {
  const raw = await writeDay(folder, day, say)
  for (let round = 0; round < rounds; round++)
    // Each begins once, where there are as many rounds: what a machine has warm and others leave is shared.
    for (const engine of [
      ...engines.slice(round % engines.length),
      ...engines.slice(0, round % engines.length),
    ]) {
      say(`${engine.name}: ${engine.settings} …`)
      measured.push(await measure(engine, { folder, out, day }, limit))
      say(JSON.stringify({ ...measured.at(-1), results: undefined }))
    }
  const report = reportOf(day, raw, measured)
  process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : `${report.text}\n`)
  if (!report.isEqual) process.exitCode = 1
} finally {
  if (values.folder === undefined) rmSync(folder, { recursive: true, force: true })
}
process.exit()

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

function wholeNumber(name: 'events' | 'hours' | 'rounds' | 'limit'): number {
  const value = Number(values[name])
  return Number.isInteger(value) && value > 0
    ? value
    : fail(`--${name} "${values[name]}" is no whole number above 0`)
}

function fail(problem: string): never {
  process.stderr.write(`${problem}\n`)
  process.exit(2)
}
