import { Link } from '../../app/link.tsx'
import { go } from '../../app/location.ts'
import { useLive } from '../../data/live.ts'
import { addressOfQuestion, lengthOf, type Question } from '../../data/question.ts'
import { seriesOf } from '../../data/series.ts'
import { Chart } from '../../parts/chart.tsx'
import { Shown } from '../../parts/shown.tsx'
import { texts } from '../../texts/texts.ts'
import { type Answers, answersTo, askEvery } from '../explore/explore.tsx'
import { beforeOf } from '../explore/result.tsx'

const words = texts.dashboards

/**
 * One pinned question and its answer, which leads to the page where it can be changed. It is asked again and
 * again: a browser keeps six streams of one origin open, and a dashboard has more charts than that.
 */
export function PinnedChart({ title, question }: { readonly title: string; readonly question: Question }) {
  const address = addressOfQuestion(question)
  const answers = useLive(address, () => answersTo(question), askEvery(question))
  return (
    <section class="card">
      <div class="between">
        <h3 class="pinned-title">{title}</h3>
        <Link href={address} class="more">
          <span aria-hidden="true">{words.open}</span>
          <span class="visually-hidden">{words.openChart(title)}</span>
        </Link>
      </div>
      <Shown of={answers}>{found => <Drawn title={title} question={question} answers={found} />}</Shown>
    </section>
  )
}

type DrawnProps = { readonly title: string; readonly question: Question; readonly answers: Answers }

function Drawn({ title, question, answers }: DrawnProps) {
  const { merged, batch } = answers
  const series = seriesOf(merged.rows, batch.rows, question.measure).map(one => ({
    ...one,
    label: one.label === '' ? question.measure : one.label,
  }))
  if (!series.some(({ points }) => points.some(({ value }) => value !== null)))
    return <p class="muted">{words.nothing}</p>
  const { boundary } = merged.provenance
  return (
    <Chart
      series={series}
      before={beforeOf(answers, question)}
      boundary={boundary === null ? undefined : Date.parse(boundary)}
      windowMs={lengthOf(question.window)}
      label={words.chart(title)}
      choose={() => go(addressOfQuestion(question))}
    />
  )
}
