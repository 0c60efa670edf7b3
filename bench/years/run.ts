import { execFile } from 'node:child_process'
import { parseArgs, promisify } from 'node:util'
import { type Cost, costsAfter } from './measure.ts'

/**
 * `npm run bench:years [-- --epochs 87600] [--few 200] [--times 20] [--json]`: what planning, a run, queries,
 * commits and upkeep take on one machine after ten years of hourly epochs, beside after a few.
 */
const { values } = parseArgs({
  options: {
    epochs: { type: 'string', default: '87600' },
    few: { type: 'string', default: '200' },
    times: { type: 'string', default: '20' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})
const times = Number(values.times)

if (values.only !== undefined)
  process.stdout.write(JSON.stringify(await costsAfter(Number(values.only), times)))
else {
  const [few, many] = [await costsOf(values.few), await costsOf(values.epochs)]
  process.stdout.write(values.json ? `${JSON.stringify({ few, many }, null, 2)}\n` : tableOf(few, many))
}

/** In a process of its own, so that the memory of one is not that of the other. */
async function costsOf(epochs: string): Promise<readonly Cost[]> {
  const args = [import.meta.filename, '--only', epochs, '--times', values.times]
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 16e6 })
  return JSON.parse(stdout) as readonly Cost[]
}

function tableOf(few: readonly Cost[], many: readonly Cost[]): string {
  const rows = few.map((before, i) => {
    const after = many[i]!
    const pair = (of: (cost: Cost) => number, digits: number) =>
      `${of(before).toFixed(digits)} / ${of(after).toFixed(digits)}`
    return [
      before.name,
      pair(({ ms }) => ms, 1),
      pair(({ cpu }) => cpu, 1),
      pair(({ asked }) => asked.calls, 0),
      pair(({ asked }) => (asked.read + asked.written) / 1024, 0),
      pair(({ peakMb }) => peakMb, 0),
    ]
  })
  const head = [
    `after ${values.few} / ${values.epochs} epochs`,
    'ms',
    'ms of processor',
    'calls',
    'KB',
    'peak MB',
  ]
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map(row => row[column]!.length)))
  return `${all
    .map(row =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')}\n`
}
