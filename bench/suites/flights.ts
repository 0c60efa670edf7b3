import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Suite } from '../figure.ts'

type Result = {
  readonly batch: number
  readonly cpu: number
  readonly mismatches: number
  readonly peakMb: number
}

/** A batch of 3 M real flights in one epoch, run to its end: see ../flights.bench.ts. */
export const flights: Suite = async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(import.meta.dirname, '..', 'flights.bench.ts'), '--json'],
    { timeout: 600_000, maxBuffer: 1 << 24 },
  )
  const { batch, cpu, mismatches, peakMb } = JSON.parse(stdout) as Result
  return [
    {
      name: 'batch run, 3 M flights in one epoch, 2 metrics',
      value: batch,
      unit: 's',
      target: { text: 'runs to its end, layers equal', reached: mismatches === 0 },
      note: `${cpu.toFixed(1)} s of processor, ${peakMb.toFixed(0)} MB at most with the real-time views`,
    },
  ]
}
