import { type CalendarWindow, openCalendar } from '../../../core/data/calendar.ts'
import { parseInstant } from '../../../core/data/time.ts'
import { openZone, UTC } from '../../../core/data/zone.ts'
import { isNumberText } from '../../../core/json/json.ts'
import { cell } from '../commands/query.ts'
import type { Answer, Row } from './followed.ts'

const LEVELS = '▁▂▃▄▅▆▇█'
/** Stands before the first window that has nothing exact in it yet. */
const BOUNDARY = '│'
const MOST_WINDOWS = 60
const MOST_GROUPS = 20
const LONGEST_NAME = 40

/**
 * An answer as lines of text: for each group a measure over the last windows, and what is exact of it.
 * Windows without a number are blank.
 */
export function chartLines(answer: Answer, measure: string, columns: number): readonly string[] {
  const groups = [...Map.groupBy(answer.rows, ({ group }) => JSON.stringify(group)).values()]
  const shown = groups.toSorted((a, b) => newest(b, measure) - newest(a, measure)).slice(0, MOST_GROUPS)
  const names = shown.map(rows => groupName(rows[0]!))
  const width = Math.min(LONGEST_NAME, Math.max(0, ...names.map(name => name.length)))
  const starts = windowsOf(answer, Math.max(1, Math.min(MOST_WINDOWS, columns - width - 40)))
  const live = firstLive(answer, starts)
  const [first, last] = [starts[0], starts.at(-1)]
  const range = first === undefined ? 'no rows' : `${first} … ${last}`
  return [
    `${answer.metric}: ${measure} a ${answer.window}, ${range}`,
    ...shown.map((rows, at) => `${padded(names[at]!, width)} ${line(rows, measure, starts, live)}`.trimEnd()),
    ...(groups.length > shown.length ? [`… ${groups.length - shown.length} more groups`] : []),
    ...(answer.total === undefined ? [] : [`… of ${answer.total} rows; raise --limit`]),
    boundaryText(answer),
  ]
}

/** What is exact, and how far live numbers are. */
export function boundaryText({ provenance: { boundary, lagMs, since } }: Answer): string {
  const whole = since === undefined ? '' : `, and whole since epoch ${since} only`
  const exact = boundary === null ? 'nothing exact yet' : `exact through epoch ${boundary}`
  return `${exact}${BOUNDARY}live after it, ${lagMs} ms behind${whole}`
}

function line(
  rows: readonly Row[],
  measure: string,
  starts: readonly string[],
  live: string | undefined,
): string {
  const byStart = new Map(rows.map(row => [row.window, numberIn(row, measure)]))
  const values = starts.map(start => byStart.get(start))
  const known = values.filter(value => value !== undefined)
  const [low, high] = [Math.min(0, ...known), Math.max(...known)]
  const marks = starts.map((start, at) => {
    const value = values[at]
    return (start === live ? BOUNDARY : '') + (value === undefined ? ' ' : levelOf(value, low, high))
  })
  const last = rows.at(-1)!
  return `${marks.join('')}  ${cell(last.values[measure])}${known.length > 1 ? `  (largest ${high})` : ''}`
}

function levelOf(value: number, low: number, high: number): string {
  const share = high === low ? 1 : (value - low) / (high - low)
  return LEVELS[Math.min(LEVELS.length - 1, Math.floor(share * LEVELS.length))]!
}

/** Starts of the last windows, without a gap. */
function windowsOf({ rows, window, timezone }: Answer, most: number): readonly string[] {
  const known = rows.map(row => row.window).sort()
  const [first, last] = [known[0], known.at(-1)]
  if (first === undefined || last === undefined) return []
  const zone = timezone === undefined ? UTC : (openZone(timezone) ?? UTC)
  const calendar = openCalendar(window as CalendarWindow, zone)
  const starts: string[] = []
  // Backwards, so that years before the last windows cost nothing.
  let at = parseInstant(last)!
  const end = parseInstant(first)!
  while (at >= end && starts.length < most) {
    starts.unshift(textAs(last, at))
    at = calendar.startOf(at - 1)
  }
  return starts
}

/** An instant as rows of an answer write theirs. */
function textAs(example: string, ms: number): string {
  const text = new Date(ms).toISOString()
  return example.includes('.') ? text : text.replace(/\.\d+Z$/, 'Z')
}

/** The first window that starts after the boundary: nothing of it is in the batch views. */
function firstLive({ provenance: { boundary } }: Answer, starts: readonly string[]): string | undefined {
  const exact = boundary === null ? undefined : parseInstant(boundary)
  return exact === undefined ? starts[0] : starts.find(start => parseInstant(start)! > exact)
}

function numberIn(row: Row, measure: string): number | undefined {
  const shown: unknown = row.values[measure]
  const value = isNumberText(shown) ? Number(shown.rawJSON) : typeof shown === 'number' ? shown : Number.NaN
  return Number.isFinite(value) ? value : undefined
}

const newest = (rows: readonly Row[], measure: string) => numberIn(rows.at(-1)!, measure) ?? -Infinity

const groupName = ({ group }: Row) =>
  Object.entries(group)
    .map(([name, value]) => `${name}=${cell(value)}`)
    .join(' ')

const padded = (name: string, width: number) =>
  name.length > width ? `${name.slice(0, width - 1)}…` : name.padEnd(width)
