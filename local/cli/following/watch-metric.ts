import { clearScreenDown, moveCursor } from 'node:readline'
import { TributaryError } from '../../../core/errors.ts'
import { nameOf } from '../../../core/follow/followed-answer.ts'
import { connect } from '../client.ts'
import { cell, type QueryFlags, queryOf } from '../commands/query.ts'
import { type Environment, print } from '../environment.ts'
import { boundaryText, chartLines } from './chart.ts'
import { followStream } from './follow-stream.ts'
import { type Answer, afterEvent } from './followed.ts'

/** Between two drawings of a terminal, ms. */
const DRAW_EVERY_MS = 200
/** Where a terminal does not say how wide it is. */
const USUAL_COLUMNS = 80

/**
 * `tributary query <metric> --watch`: the answer kept up until Ctrl-C, as a chart that is drawn anew on a
 * terminal; elsewhere a line for each row that has changed, and `--json` each answer.
 */
export async function watchMetric(
  environment: Environment,
  metric: string,
  flags: QueryFlags,
): Promise<void> {
  if (flags.asOf !== undefined)
    throw new TributaryError(
      'invalid_setting',
      '--as-of is of the past, which does not change; leave out --watch',
    )
  const client = await connect(environment, flags)
  const show = showing(environment, flags)
  let answer: Answer | undefined
  try {
    await followStream(environment, client, {
      ...{ route: 'GET /v1/metrics/{name}/stream', enough: new AbortController().signal },
      request: { path: [metric], query: followedQuery(flags) },
      tell: event => {
        const after = afterEvent(answer, event)
        if (after === undefined || after === answer) return
        show.next(after, answer)
        answer = after
      },
    })
  } finally {
    show.end()
  }
}

/** What a stream is asked: all that a query is, but of the past. */
function followedQuery(flags: QueryFlags) {
  return queryOf(flags).flatMap(([name, value]) => (name === 'asOf' ? [] : [[name, value] as const]))
}

type Showing = { next(answer: Answer, before: Answer | undefined): void; end(): void }

function showing(environment: Environment, { json, measure }: QueryFlags): Showing {
  const nothing = () => undefined
  if (json) return { next: answer => print(environment, JSON.stringify(answer)), end: nothing }
  if (environment.output.isTTY) return drawing(environment, measure)
  return { next: (answer, before) => printChanges(environment, answer, before), end: nothing }
}

/** Draws over what was drawn before, a few times a second at most. */
function drawing(environment: Environment, measure: string | undefined): Showing {
  const { output } = environment
  let drawn = 0
  let newest: Answer | undefined
  let drawnMeasure = ''
  let timer: NodeJS.Timeout | undefined
  function draw(): void {
    timer = undefined
    if (newest === undefined) return
    const { columns = USUAL_COLUMNS } = output as { columns?: number }
    const lines = chartLines(newest, drawnMeasure, columns).map(line => line.slice(0, columns - 1))
    if (drawn > 0) moveCursor(output, 0, -drawn)
    clearScreenDown(output)
    for (const line of lines) print(environment, line)
    drawn = lines.length
    newest = undefined
  }
  return {
    next(answer) {
      newest = answer
      drawnMeasure = measureOf(answer, measure)
      timer ??= setTimeout(draw, drawn === 0 ? 0 : DRAW_EVERY_MS)
    },
    end() {
      clearTimeout(timer)
      draw()
    },
  }
}

function printChanges(environment: Environment, answer: Answer, before: Answer | undefined): void {
  const known = new Map(before?.rows.map(row => [nameOf(row), JSON.stringify(row.values)]))
  for (const row of answer.rows) {
    if (known.get(nameOf(row)) === JSON.stringify(row.values)) continue
    const parts = [...Object.entries(row.group), ...Object.entries(row.values)]
    print(environment, `${row.window}  ${parts.map(([name, value]) => `${name}=${cell(value)}`).join('  ')}`)
  }
  const { boundary, run } = answer.provenance
  const isPublished =
    before === undefined || boundary !== before.provenance.boundary || run !== before.provenance.run
  if (isPublished) print(environment, boundaryText(answer))
}

/** @throws TributaryError `invalid_setting` naming those that there are */
function measureOf({ rows }: Answer, asked: string | undefined): string {
  const names = Object.keys(rows[0]?.values ?? {})
  if (asked === undefined || names.length === 0 || names.includes(asked))
    return asked ?? names[0] ?? 'nothing'
  throw new TributaryError('invalid_setting', `--measure "${asked}" is none of ${names.join(', ')}`)
}
