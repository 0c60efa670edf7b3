import { aligned } from '../figure.ts'
import type { Results } from '../peers/batch/results.ts'
import { compare } from '../peers/batch/results.ts'
import type { Day } from './events.ts'
import type { Measured } from './measure.ts'
import { totalsOf } from './results.ts'

/** The disk that raw files and what an engine makes of them may take together, bytes. */
const DISK = 8e9
/** Memory of ours, bytes. */
const MEMORY = 2e9
/** How many times faster than Spark. */
const TIMES = 3

export type Report = {
  readonly text: string
  /** Whether all engines that ended by themselves computed the same. */
  readonly isEqual: boolean
  readonly measured: readonly Omit<Measured, 'results'>[]
}

/** What was measured as a table, and what is to be reached. */
export function reportOf(day: Day, rawBytes: number, measured: readonly Measured[]): Report {
  const ours = measured.filter(({ engine }) => engine === 'ours')
  const reference = ours[0]?.results
  const others = measured.flatMap(each =>
    each.results === undefined ? [] : [`${each.version}: ${comparison(reference, each.results)}`],
  )
  const isEqual = others.every(line => !line.includes(DIFFER))
  const seconds = best(ours, 'seconds')
  const rows = measured.map(each => rowOf(each, seconds, best(ours, 'cpuSeconds')))
  const text = [
    `${day.events} events in ${day.hours} epochs, ${gigabytes(rawBytes)} of raw files`,
    aligned([HEAD, ...rows]),
    ...others,
    ...targets(measured, seconds),
  ]
  return { text: text.join('\n'), isEqual, measured: measured.map(({ results: _, ...each }) => each) }
}

const HEAD = ['engine', 's', '× ours', 'processor s', '× ours', 'peak RSS', 'peak disk', 'load']
const DIFFER = 'DIFFER'

function rowOf(each: Measured, seconds: number, cpuSeconds: number): readonly string[] {
  const atLeast = each.isEnded ? '> ' : ''
  return [
    each.version,
    `${atLeast}${each.seconds.toFixed(1)}`,
    `${atLeast}${(each.seconds / seconds).toFixed(2)}`,
    `${atLeast}${each.cpuSeconds.toFixed(1)}`,
    `${atLeast}${(each.cpuSeconds / cpuSeconds).toFixed(2)}`,
    gigabytes(each.peakBytes),
    gigabytes(each.diskBytes),
    each.load.map(load => load.toFixed(1)).join(' … '),
  ]
}

/** Totals are equal to the last digit; cells that are estimates, within the error of theirs and ours. */
function comparison(ours: Results | undefined, theirs: Results): string {
  const totals = JSON.stringify(totalsOf(theirs))
  if (ours === undefined || ours === theirs) return totals
  const { cells, differing } = compare(theirs, ours)
  const equal = totals === JSON.stringify(totalsOf(ours)) ? 'totals equal' : `totals ${DIFFER}: ${totals}`
  return `${equal}; ${differing} of ${cells} cells ${differing === 0 ? 'differ' : DIFFER}`
}

function targets(measured: readonly Measured[], seconds: number): readonly string[] {
  const spark = measured.filter(({ engine }) => engine === 'spark')
  const memory = Math.max(...measured.filter(({ engine }) => engine === 'ours').map(each => each.peakBytes))
  const disk = Math.max(...measured.map(each => each.diskBytes))
  return [
    ...(spark.length > 0 && Number.isFinite(seconds)
      ? [`${reachedBeside(spark, seconds)}: ≥ ${TIMES} × faster than Spark`]
      : []),
    ...(Number.isFinite(memory) ? [target(memory <= MEMORY, `≤ ${gigabytes(MEMORY)} RSS of ours`)] : []),
    target(disk <= DISK, `≤ ${gigabytes(DISK)} of disk for each engine`),
  ]
}

/** Of one that was ended before it had taken so long, nobody knows. */
function reachedBeside(spark: readonly Measured[], seconds: number): string {
  if (best(spark, 'seconds') / seconds >= TIMES) return 'reached'
  return spark.every(each => each.isEnded) ? 'NOT SHOWN' : 'MISSED'
}

const target = (isReached: boolean, text: string) => `${isReached ? 'reached' : 'MISSED'}: ${text}`

/** The least of several rounds. */
function best(of: readonly Measured[], what: 'seconds' | 'cpuSeconds'): number {
  return Math.min(...of.map(each => each[what]))
}

const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(2)} GB`
