import { useEffect, useState } from 'preact/hooks'
import { go, place } from '../../app/location.ts'
import type { MetricAnswer, Metrics } from '../../data/api.ts'
import { get } from '../../data/client.ts'
import type { Answer } from '../../data/failure.ts'
import { type Followed, useFollowed } from '../../data/following/use-followed.ts'
import { useLive } from '../../data/live.ts'
import {
  addressOfQuestion,
  boundsBefore,
  boundsOf,
  MOST_ROWS,
  pathOf,
  type Question,
  queryOf,
  readQuestion,
} from '../../data/question.ts'
import { Shown } from '../../parts/shown.tsx'
import { texts } from '../../texts/texts.ts'
import { Controls } from './controls.tsx'
import { Equivalents } from './equivalents.tsx'
import { Result } from './result.tsx'

/** Short spans are looked at to see them move. */
const SHORT_EVERY = 3000
const LONG_EVERY = 15_000
const SHORT: ReadonlySet<string> = new Set(['1h', '6h', '24h'])

/** How often a question is asked again, ms. */
export const askEvery = ({ range }: Question): number => (SHORT.has(range) ? SHORT_EVERY : LONG_EVERY)

/** What a question is answered by: all, the batch layer alone, and the period before. */
export type Answers = {
  readonly merged: MetricAnswer
  readonly batch: MetricAnswer
  readonly before: MetricAnswer | undefined
  /** How far the period before is away, ms. */
  readonly shift: number
}

/** Any metric, over any span, by any of its fields. */
export function Explore() {
  const metrics = useLive('metrics', () => get<Metrics>('/v1/metrics'))
  return (
    <>
      <h1>{texts.pages.explore}</h1>
      <Shown of={metrics}>
        {known => {
          const question = readQuestion(place.value.query, known.metrics)
          return question === undefined ? <NoMetrics /> : <Asked question={question} all={known.metrics} />
        }}
      </Shown>
    </>
  )
}

function Asked({ question, all }: { readonly question: Question; readonly all: Metrics['metrics'] }) {
  const address = addressOfQuestion(question)
  const { followed, answers } = useAnswers(address, question)
  const ask = (change: Partial<Question>) =>
    go(addressOfQuestion({ ...question, ...change }), { replace: true })
  const [shown, setShown] = useState(100)
  return (
    <>
      <Controls question={question} metrics={all} ask={ask} />
      <Following followed={followed} />
      <Shown of={answers}>
        {found => (
          <Result
            question={question}
            answers={{ ...found, merged: followed.answer ?? found.merged }}
            most={shown}
            showMore={() => setShown(shown + 400)}
          />
        )}
      </Shown>
      <Equivalents question={question} />
    </>
  )
}

/** Followed where the platform keeps it up, and else asked for again and again. */
function useAnswers(address: string, question: Question) {
  const query = queryOf(question, boundsOf(question, Date.now()))
  const followed = useFollowed(address, `${pathOf(question)}/stream?${query}&limit=${MOST_ROWS}`)
  const everyMs = followed.state === 'polling' ? askEvery(question) : undefined
  const answers = useLive(address, () => answersTo(question), everyMs)
  // What the batch layer alone has changes when a run publishes.
  const published = followed.answer && JSON.stringify(followed.answer.provenance.run)
  useEffect(() => {
    if (published !== undefined) answers.again()
  }, [published])
  return { followed, answers }
}

/** Whether changes show by themselves, in words. */
function Following({ followed: { state, detail } }: { readonly followed: Followed }) {
  const words = texts.explore
  return (
    <p class="hint" role="status">
      {state === 'following'
        ? words.following
        : state === 'polling'
          ? words.polling(detail)
          : words.connecting}
    </p>
  )
}

export async function answersTo(question: Question): Promise<Answer<Answers>> {
  const now = Date.now()
  const bounds = boundsOf(question, now)
  const past = question.isCompared ? boundsBefore(bounds, now) : undefined
  const ask = (query: string) => get<MetricAnswer>(`${pathOf(question)}?${query}&limit=${MOST_ROWS}`)
  const [merged, batch, before] = await Promise.all([
    ask(queryOf(question, bounds)),
    ask(queryOf(question, bounds, 'batch')),
    past === undefined ? undefined : ask(queryOf({ ...question, by: [] }, past)),
  ])
  if (!merged.ok) return merged
  if (!batch.ok) return batch
  if (before?.ok === false) return before
  const shift = past === undefined ? 0 : bounds.from! - past.from!
  return { ok: true, value: { merged: merged.value, batch: batch.value, before: before?.value, shift } }
}

function NoMetrics() {
  return (
    <div class="state">
      <h2>{texts.explore.none}</h2>
      <p>{texts.explore.noneNext}</p>
    </div>
  )
}
