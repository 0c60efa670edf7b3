import { go } from '../../app/location.ts'
import { addressOfNumber } from '../../data/explained.ts'
import { isAdditive, lengthOf, type Question } from '../../data/question.ts'
import { type Series, seriesOf } from '../../data/series.ts'
import { Chart } from '../../parts/chart.tsx'
import { MOST_LINES } from '../../parts/chart-data.ts'
import { count, instant, measure as shownMeasure } from '../../parts/format.ts'
import { texts } from '../../texts/texts.ts'
import type { Answers } from './explore.tsx'
import { Pin } from './pin.tsx'
import { ResultTable } from './result-table.tsx'

const words = texts.explore

type ResultProps = {
  readonly question: Question
  readonly answers: Answers
  readonly most: number
  readonly showMore: () => void
}

/** The answer to a question: drawn, where it comes from, and listed. */
export function Result({ question, answers, most, showMore }: ResultProps) {
  const { merged, batch } = answers
  if (merged.rows.length === 0) return <Nothing question={question} />
  const series = seriesOf(merged.rows, batch.rows, question.measure).map(one => ({
    ...one,
    label: one.label === '' ? question.measure : one.label,
  }))
  const before = beforeOf(answers, question)
  const { boundary } = merged.provenance
  const isDrawn = series.some(({ points }) => points.some(({ value }) => value !== null))
  return (
    <>
      <section class="card">
        <div class="between">
          <h2>
            {question.metric.title} <span class="muted">· {question.measure}</span>
          </h2>
          <div class="row">
            {isAdditive(question) && <Total series={series} before={before} />}
            <Pin question={question} />
          </div>
        </div>
        {isDrawn ? (
          <Chart
            series={series}
            before={before}
            boundary={boundary === null ? undefined : Date.parse(boundary)}
            windowMs={lengthOf(question.window)}
            label={words.chart(question.metric.title, question.measure)}
            choose={(one, at) => go(addressOfNumber(question, rowAt(one, at), question.measure))}
          />
        ) : (
          <p class="muted">{words.noNumbers}</p>
        )}
        {isDrawn && <p class="hint">{texts.explain.chartHint}</p>}
        <Provenance answers={answers} />
        {series.length > MOST_LINES && (
          <p class="hint">{words.someDrawn(String(MOST_LINES), count(series.length))}</p>
        )}
      </section>
      <ResultTable question={question} answers={answers} most={most} showMore={showMore} />
    </>
  )
}

const rowAt = ({ group }: Series, at: number) => ({ window: new Date(at).toISOString(), group })

/** Where the numbers come from, in words and by how they are drawn. */
function Provenance({ answers: { merged } }: { readonly answers: Answers }) {
  const { boundary, held, since } = merged.provenance
  return (
    <ul class="provenance hint">
      <li>
        <span class="line-key exact" />
        {words.exact}
      </li>
      <li>
        <span class="line-key live" />
        {words.liveLine}
      </li>
      <li>{boundary === null ? words.noBoundary : words.boundaryAt(instant(boundary))}</li>
      {held !== undefined && <li class="problem">{words.held(held.detail)}</li>}
      {since !== undefined && <li class="problem">{words.since(instant(since))}</li>}
    </ul>
  )
}

function Total({
  series,
  before,
}: {
  readonly series: readonly Series[]
  readonly before: Series | undefined
}) {
  const sum = (all: readonly Series[]) =>
    all.flatMap(({ points }) => points).reduce((total, { value }) => total + (value ?? 0), 0)
  const now = sum(series)
  const past = before === undefined ? undefined : sum([before])
  return (
    <p class="number">
      <span class="muted">{words.total}</span> <span class="strong">{shownMeasure(now)}</span>
      {past !== undefined && (
        <span class="muted">
          {' '}
          · {words.before} {shownMeasure(past)}
          {past !== 0 && ` · ${changeOf(now, past)}`}
        </span>
      )}
    </p>
  )
}

const changeOf = (now: number, past: number): string => {
  const percent = ((now - past) / Math.abs(past)) * 100
  return `${percent >= 0 ? '+' : '−'}${Math.abs(percent).toFixed(1)} %`
}

export function beforeOf({ before, shift }: Answers, { measure }: Question): Series | undefined {
  if (before === undefined) return undefined
  const [only] = seriesOf(before.rows, before.rows, measure)
  const points = (only?.points ?? []).map(point => ({ ...point, at: point.at + shift }))
  return { label: words.before, group: {}, points, total: only?.total ?? 0 }
}

function Nothing({ question: { range } }: { readonly question: Question }) {
  return (
    <div class="state">
      <h2>{words.nothing}</h2>
      <p>{range === 'all' ? words.nothingAtAll : words.nothingNext}</p>
    </div>
  )
}
