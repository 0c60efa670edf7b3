import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Suite } from '../figure.ts'

type Result = {
  readonly batch: number
  readonly ratio: number
  readonly byHand: readonly { readonly seconds: number }[]
  readonly mismatches: number
  readonly grown: { readonly afterFew: number; readonly afterAll: number }
}

/** A batch run over 10 M events in one epoch, and the cost of a run as history grows: see ../batch.bench.ts. */
export const batch: Suite = async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(import.meta.dirname, '..', 'batch.bench.ts'), '--json', '--history', '100'],
    { timeout: 1_800_000, maxBuffer: 1 << 24 },
  )
  const result = JSON.parse(stdout) as Result
  const { afterFew, afterAll } = result.grown
  return [
    {
      name: 'batch run, 10 M events, 3 metrics',
      value: result.batch,
      unit: 's',
      floor: {
        what: 'DuckDB script by hand',
        value: Math.min(...result.byHand.map(({ seconds }) => seconds)),
      },
      target: { text: '≤ 2 × the floor', reached: result.ratio <= 2 },
      note: `${result.ratio.toFixed(2)} × the floor; ${result.mismatches} mismatches`,
    },
    {
      name: 'batch run after 100 epochs of 200,000 events',
      value: afterAll,
      unit: 's',
      floor: { what: 'after 1 … 5 epochs', value: afterFew },
      target: { text: 'the same ± 10 %', reached: afterAll <= 1.1 * afterFew },
    },
  ]
}
