import { execFile } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { type Figure, tableOf } from '../figure.ts'

/**
 * `npm run bench:reconcile [-- keys metrics]`: what the function `reconcile` takes to compare the metrics of
 * a turn (3), each with so many keys in the epoch (2,000,000). On AWS each is an item of a Map, in a
 * container of its own; here they run one after the other, in a process each.
 */
const KEYS = Number(process.argv[2] ?? 2_000_000)
const METRICS = Number(process.argv[3] ?? 3)
/** Of a new account, MB (resources/params.yml), and the time-out of the function. */
const MEMORY = 3008
const BUDGET_S = 900

type Taken = {
  readonly found: { readonly compared: number; readonly different: number }
  readonly seconds: number
  /** Of the processor. */
  readonly cpu: number
  /** MB. */
  readonly memory: number
  readonly pages: number
}

const run = promisify(execFile)
const all: Taken[] = []
for (let which = 0; which < METRICS; which++) {
  process.stderr.write(`metric ${which + 1} of ${METRICS} …\n`)
  const one = [join(import.meta.dirname, 'compare-one.ts'), KEYS, METRICS, which].map(String)
  const { stdout } = await run(process.execPath, one, { timeout: 2 * BUDGET_S * 1000 })
  const taken = JSON.parse(stdout) as Taken
  const { compared, different } = taken.found
  if (compared !== KEYS || different !== 0) throw new Error(`${different} of ${compared} differ`)
  all.push(taken)
}

const largest = (of: (taken: Taken) => number) => Math.max(...all.map(of))
const seconds = all.map(taken => taken.seconds)
const each = (of: (taken: Taken) => number) => all.map(taken => of(taken).toFixed(0)).join(', ')
const total = seconds.reduce((sum, one) => sum + one, 0)
const figures: readonly Figure[] = [
  {
    ...{ name: `compare a metric and epoch, the slowest of ${METRICS}`, value: largest(one => one.seconds) },
    ...{ unit: 's', note: `${each(one => one.seconds)} s, of the processor ${each(one => one.cpu)} s` },
    target: { text: `\u2264 ${BUDGET_S}`, reached: largest(one => one.seconds) <= BUDGET_S },
  },
  {
    ...{ name: 'memory of it, the most', value: largest(one => one.memory), unit: 'MB' },
    target: { text: `\u2264 ${MEMORY}`, reached: largest(one => one.memory) <= MEMORY },
  },
  {
    ...{ name: 'all of them, one after the other', value: total, unit: 's' },
    note: `${KEYS} keys each; ${all[0]!.pages} pages read, each once`,
  },
]
process.stdout.write(`${tableOf(figures)}\n`)
process.exitCode = figures.every(({ target }) => target?.reached !== false) ? 0 : 1
