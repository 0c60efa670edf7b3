import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One row of a result: its window and group, and its values. */
export type ResultRow = {
  readonly key: string
  readonly values: Readonly<Record<string, number | null>>
}

export type ResultName = 'hourly' | 'daily' | 'minutely'

/** The three results of the batch comparison: trips_hourly, riders_daily, trips_minutely. */
export type Results = Readonly<Record<ResultName, readonly ResultRow[]>>

type Rule = {
  /** Column of a peer's file. */
  readonly theirs: string
  /** Measure of ours. */
  readonly ours: string
  readonly isEqual: (theirs: number, ours: number) => boolean
}

/** Trips have three decimals, so a sum of doubles rounds to the exact sum. */
const exact = (theirs: number, ours: number) => Math.round(theirs * 1000) === Math.round(ours * 1000)
/** Means are rounded to the contract's six decimals. */
const rounded = (theirs: number, ours: number) => Math.abs(theirs - ours) < 1e-6
/** Standard error of HyperLogLog with m = 2^12 registers: 1.04 / √m (Flajolet et al. 2007), or 1.6 %. */
const STANDARD_ERROR = 1.04 / Math.sqrt(2 ** 12)
/**
 * Peers count exactly. An estimate is five standard errors off less than once in a million cells. Below a
 * dozen values that is less than one, and what is lost are values whose register is taken: n²/2m of n on
 * average, so that three are lost as seldom.
 */
const estimated = (theirs: number, ours: number) => Math.abs(theirs - ours) <= 5 * STANDARD_ERROR * theirs + 2
/** Peers give the exact nearest-rank value; a bin's middle is within 0.5 % of every value in the bin. */
const binned = (theirs: number, ours: number) => Math.abs(theirs - ours) <= 0.005 * theirs + 1e-9

const COMMON: readonly Rule[] = [
  { theirs: 'trips', ours: 'trips', isEqual: exact },
  { theirs: 'minutes', ours: 'minutes', isEqual: exact },
  { theirs: 'longest', ours: 'longest', isEqual: exact },
]

const RULES: Readonly<Record<ResultName, readonly Rule[]>> = {
  hourly: [
    ...COMMON,
    { theirs: 'shortest', ours: 'shortest', isEqual: exact },
    { theirs: 'mean', ours: 'mean_duration', isEqual: rounded },
    { theirs: 'riders', ours: 'riders', isEqual: estimated },
    { theirs: 'p95', ours: 'p95_duration', isEqual: binned },
  ],
  daily: [
    { theirs: 'trips', ours: 'trips', isEqual: exact },
    { theirs: 'riders', ours: 'riders', isEqual: estimated },
    { theirs: 'median', ours: 'median', isEqual: binned },
  ],
  minutely: [...COMMON, { theirs: 'mean', ours: 'mean', isEqual: rounded }],
}

const KEYS = ['window', 'board']

/** Reads the results that a peer wrote. */
export function readResults(folder: string): Results {
  return {
    hourly: readCsv(join(folder, 'hourly.csv')),
    daily: readCsv(join(folder, 'daily.csv')),
    minutely: readCsv(join(folder, 'minutely.csv')),
  }
}

/** How many cells there are, and how many of them differ; a row that one side lacks counts as a cell. */
export function compare(
  theirs: Results,
  ours: Results,
): { readonly cells: number; readonly differing: number } {
  let [cells, differing] = [0, 0]
  for (const name of Object.keys(RULES) as ResultName[]) {
    const rows = new Map(theirs[name].map(row => [row.key, row.values]))
    for (const { key, values } of ours[name]) {
      const other = rows.get(key)
      rows.delete(key)
      cells += RULES[name].length
      differing += other === undefined ? 1 : RULES[name].filter(rule => !agrees(rule, other, values)).length
    }
    differing += rows.size
  }
  return { cells, differing }
}

function agrees({ theirs, ours, isEqual }: Rule, a: ResultRow['values'], b: ResultRow['values']): boolean {
  const [x, y] = [a[theirs], b[ours]]
  return typeof x === 'number' && typeof y === 'number' && isEqual(x, y)
}

function readCsv(file: string): readonly ResultRow[] {
  const [head, ...lines] = readFileSync(file, 'utf8').trim().split(/\r?\n/)
  const columns = head!.split(',')
  return lines.map(line => {
    const fields = line.split(',').map(Number)
    const values = Object.fromEntries(columns.map((column, i) => [column, fields[i]!]))
    const key = KEYS.map(column => values[column]).filter(part => part !== undefined)
    return { key: key.join(' '), values }
  })
}
