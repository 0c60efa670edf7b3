import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { preparePython } from '../prepare.ts'
import { run } from '../process.ts'
import { type Row, told, unmeasured } from '../row.ts'
import { type OurBatch, peerFolder, runOurs } from './ours.ts'
import { compare, readResults } from './results.ts'

const PEERS = ['duckdb', 'chdb', 'polars', 'spark'] as const
const VARIANTS = { three: 'three results only', keep: 'keeps every field, deduplicated, as Parquet' } as const

type Variant = keyof typeof VARIANTS

/** One epoch of trips, 1 % of them duplicates, from raw JSON lines to three metrics on both cores. */
export function batch(events: number): () => Promise<readonly Row[]> {
  return async () => {
    const ours = await runOurs(events)
    try {
      const rows: Row[] = oursRows(ours, events).map(told)
      for (const peer of PEERS)
        for (const variant of ['three', 'keep'] as const)
          rows.push(
            await measure(peer, variant, ours, events).then(told, reason =>
              unmeasured(suiteOf(events), peer, VARIANTS[variant], reason),
            ),
          )
      return rows
    } finally {
      ours.dispose()
    }
  }
}

const suiteOf = (events: number) => `batch of ${events / 1e6} M`

function oursRows({ seconds, byHandSeconds, mismatches }: OurBatch, events: number): readonly Row[] {
  const suite = suiteOf(events)
  const kept = `${VARIANTS.keep}; mergeable cells, reconciled with the speed layer`
  const note = `${mismatches} cells differ from the speed layer`
  return [
    { suite, system: 'Tributary', configuration: kept, figures: { s: seconds }, note },
    {
      suite,
      system: 'DuckDB, the version we embed',
      configuration: VARIANTS.three,
      figures: { s: byHandSeconds },
      note: 'the floor of npm run bench -- batch: better of two',
    },
  ]
}

async function measure(
  peer: (typeof PEERS)[number],
  variant: Variant,
  ours: OurBatch,
  events: number,
): Promise<Row> {
  process.stderr.write(`  ${peer}, ${VARIANTS[variant]} …\n`)
  const out = peerFolder()
  try {
    const script = join(import.meta.dirname, '..', 'python', `${peer}_peer.py`)
    const command = [await preparePython(), script, ours.raw, out, variant]
    const env = { PYTHONDONTWRITEBYTECODE: '1' }
    const printed = await run(command, 600_000, { cores: '0,1', env })
    const { seconds, peakMb, version } = JSON.parse(printed.split('\n').at(-1)!) as {
      seconds: number
      peakMb: number
      version: string
    }
    const { cells, differing } = compare(readResults(out), ours.results)
    return {
      suite: suiteOf(events),
      system: version,
      configuration: VARIANTS[variant],
      figures: { s: seconds, 'memory MB': peakMb, 'cells compared': cells, 'cells that differ': differing },
    }
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
}
