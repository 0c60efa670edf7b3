import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Figure, Suite } from '../figure.ts'

type Result = {
  readonly batch: number
  readonly ratio: number
  readonly byHand: readonly { readonly seconds: number }[]
  readonly mismatches: number
  readonly grown?: { readonly afterFew: number; readonly afterAll: number }
}

const MINUTE = 60_000

async function measure(...options: readonly string[]): Promise<Result> {
  const script = join(import.meta.dirname, '..', 'batch.bench.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [script, '--json', ...options], {
    timeout: 10 * MINUTE,
    maxBuffer: 1 << 24,
  })
  return JSON.parse(stdout) as Result
}

function figureOf(name: string, result: Result, times: number): Figure {
  return {
    name,
    value: result.batch,
    unit: 's',
    floor: {
      what: 'DuckDB script by hand',
      value: Math.min(...result.byHand.map(({ seconds }) => seconds)),
    },
    target: { text: `≤ ${times} × the floor`, reached: result.ratio <= times },
    note: `${result.ratio.toFixed(2)} × the floor; ${result.mismatches} mismatches`,
  }
}

/**
 * A batch run over 10 M events in one epoch, from the epoch's close on and with nothing done before it, and
 * the cost of a run as history grows: see ../batch.bench.ts.
 */
export const batch: Suite = async () => {
  const ahead = await measure('--ahead')
  const { grown, ...atOnce } = await measure('--history', '100')
  const { afterFew, afterAll } = grown!
  return [
    figureOf('batch run after the close, 10 M events, 3 metrics, refined as files rotated', ahead, 2),
    figureOf('batch run, 10 M events, 3 metrics, nothing refined before', atOnce, 2.8),
    {
      name: 'batch run after 100 epochs of 50,000 events',
      value: afterAll,
      unit: 's',
      floor: { what: 'after 1 … 5 epochs', value: afterFew },
      target: { text: 'the same ± 10 %', reached: afterAll <= 1.1 * afterFew },
    },
  ]
}
