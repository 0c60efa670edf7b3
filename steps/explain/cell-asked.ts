import { formatInstant, WINDOWS } from '../../core/data/time.ts'
import type { Metric } from '../../core/declare/metric-plan.ts'
import { TributaryError } from '../../core/errors.ts'
import type { CellOf } from '../../core/explain/cell.ts'
import { calendarOf, mustFit } from '../../core/fold/rollup-windows.ts'
import type { ExplainQuestion } from './explain.ts'

/**
 * The cell that a question is about.
 *
 * @throws TributaryError `bad_request` where no window starts there, or the group lacks a field that every
 * event has
 */
export function cellAsked(metric: Metric, question: ExplainQuestion, now: number): CellOf {
  const { at, timezone, group, where } = question
  const asked = question.window ?? metric.window
  const windows = { declared: metric.window, asked, timezone, from: at, to: at + 1 }
  mustFit(windows, Math.min(at, now))
  const calendar = calendarOf(windows)
  const start = calendar.startOf(at)
  if (start !== at) {
    const near = `the ${asked} that holds ${formatInstant(at)} starts at ${formatInstant(start)}`
    throw new TributaryError('bad_request', `no ${asked} starts at ${formatInstant(at)}; ${near}`)
  }
  const cell = {
    windows: { ...windows, to: calendar.endOf(at) },
    by: question.by ?? metric.by.map(({ name }) => name),
    ...{ group, where },
  }
  requireGroup(metric, cell)
  requireOnePiece(cell)
  return cell
}

function requireGroup({ name, by }: Metric, cell: CellOf): void {
  const lacking = by.find(
    field => cell.by.includes(field.name) && !field.optional && !Object.hasOwn(cell.group, field.name),
  )
  if (lacking === undefined) return
  throw new TributaryError(
    'bad_request',
    `${name} is grouped by ${lacking.name}, and the question has no value of it; give where.${lacking.name}, or fewer fields in by`,
  )
}

/** By these clocks an hour may come again after the next day has begun. */
const AROUND = 3 * 3_600_000

/**
 * Events are looked for between two instants, so the declared windows of what is asked for must lie side
 * by side.
 */
function requireOnePiece({ windows }: CellOf): void {
  if (windows.timezone === undefined) return
  const { startOf } = calendarOf(windows)
  const step = WINDOWS[windows.declared]
  for (const edge of [windows.from, windows.to])
    for (let ms = edge - AROUND; ms < edge + AROUND; ms += step) {
      const isInside = ms >= windows.from && ms < windows.to
      if ((startOf(ms) === windows.from) !== isInside) throw inPieces(windows)
    }
}

function inPieces({ asked, timezone, from }: CellOf['windows']): TributaryError {
  return new TributaryError(
    'bad_request',
    `the clocks of ${timezone} were put back at midnight, so the ${asked} of ${formatInstant(from)} is of two pieces; ask for its hours by UTC`,
  )
}
