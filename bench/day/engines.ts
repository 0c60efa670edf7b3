import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { rawOfType } from '../../core/lake/lake-paths.ts'
import type { Results } from '../peers/batch/results.ts'
import { preparePython } from '../peers/prepare.ts'
import { type Day, TYPE } from './events.ts'
import { readParquetResults } from './results.ts'

/** Where an engine finds the raw lake, and has room for what it makes. */
export type Place = { readonly folder: string; readonly out: string; readonly day: Day }

/** An engine that computes the day. */
export type Engine = {
  readonly name: string
  /** What is set beside its defaults. */
  readonly settings: string
  command(place: Place): Promise<readonly string[]>
  /** What it computed, once it has ended. */
  results(place: Place): Promise<Results>
  /** Whether it writes into the lake itself. */
  readonly isInLake: boolean
}

/** Heap of the JVM: four times of what we may take in all. */
const HEAP = '8g'

const lakeOf = ({ folder }: Place) => join(folder, 'lake')

const peer = (
  script: string,
  ...more: readonly string[]
): Pick<Engine, 'command' | 'results' | 'isInLake'> => ({
  command: async place => [
    await preparePython(),
    join(import.meta.dirname, 'python', script),
    join(lakeOf(place), rawOfType(TYPE)),
    place.out,
    ...more,
  ],
  results: ({ out }) => readParquetResults(out),
  isInLake: false,
})

const ours: Engine = {
  name: 'ours',
  settings: 'as on one machine: DuckDB in the process, two threads; hour by hour',
  command: async ({ folder, out, day }) => [
    process.execPath,
    join(import.meta.dirname, 'ours-child.ts'),
    folder,
    join(out, 'results.json'),
    String(day.events),
    String(day.hours),
  ],
  results: async ({ out }) => JSON.parse(readFileSync(join(out, 'results.json'), 'utf8')) as Results,
  isInLake: true,
}

/** The engines by name, in the order in which they run. */
export const ENGINES: Readonly<Record<string, Engine>> = {
  ours,
  spark: {
    name: 'spark',
    settings: `local[2], heap ${HEAP}, zstd for shuffles and Parquet; the day at once`,
    ...peer('spark_day.py', HEAP),
  },
  chdb: { name: 'chdb', settings: 'two threads; the day at once', ...peer('chdb_day.py') },
}
