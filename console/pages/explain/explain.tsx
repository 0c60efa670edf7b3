import { useState } from 'preact/hooks'
import { Link } from '../../app/link.tsx'
import { go, place } from '../../app/location.ts'
import type { Explanation, Metrics } from '../../data/api.ts'
import { get } from '../../data/client.ts'
import { addressAround, callOf, isAddedUp } from '../../data/explained.ts'
import { useLive } from '../../data/live.ts'
import { Shown } from '../../parts/shown.tsx'
import { texts } from '../../texts/texts.ts'
import { CheckIt } from './check-it.tsx'
import { Duplicates } from './duplicates.tsx'
import { Events } from './events.tsx'
import { NumberCard } from './number-card.tsx'
import { Parts } from './parts.tsx'
import { Rejected } from './rejected.tsx'

const words = texts.explain

/** One number: what it is made of, what was left out, and how to check it. */
export function Explain() {
  const { query } = place.value
  return (
    <>
      <div>
        <Link href={addressAround(query)}>← {words.back}</Link>
        <h1>{words.heading}</h1>
      </div>
      {callOf(query) === undefined ? <Incomplete /> : <Asked query={query} />}
    </>
  )
}

function Asked({ query }: { readonly query: URLSearchParams }) {
  const name = callOf(query)!
  const metrics = useLive('metrics', () => get<Metrics>('/v1/metrics'))
  const found = useLive(name, () => get<Explanation>(name))
  return (
    <Shown of={metrics}>
      {known => (
        <Shown of={found}>
          {explanation => (
            <Answered key={name} {...{ query, explanation, known }} at={found.at} again={found.again} />
          )}
        </Shown>
      )}
    </Shown>
  )
}

type AnsweredProps = {
  readonly query: URLSearchParams
  readonly explanation: Explanation
  readonly known: Metrics
  readonly at: number
  readonly again: () => void
}

function Answered({ query, explanation, known, at, again }: AnsweredProps) {
  const metric = known.metrics.find(({ name }) => name === explanation.metric)
  const measures = metric?.measures.map(({ name }) => name) ?? Object.keys(explanation.values ?? {})
  const [chosen, setChosen] = useState(query.get('measure') ?? '')
  const measure = measures.includes(chosen) ? chosen : (measures[0] ?? '')
  const choose = (name: string) => {
    setChosen(name)
    go(`/explain?${changed(query, 'measure', name)}`, { replace: true })
  }
  const readAll = () => go(`/explain?${changed(query, 'thorough', 'true')}`, { replace: true })
  return (
    <>
      <NumberCard
        {...{ explanation, measures, measure, choose, at, again }}
        title={metric?.title ?? explanation.metric}
      />
      {explanation.parts.length > 0 && (
        <Parts
          {...{ explanation, measure, readAll }}
          isAddedUp={isAddedUp(known, explanation, measure)}
          isThorough={query.get('thorough') === 'true'}
        />
      )}
      <Events explanation={explanation} query={query} />
      <div class="columns left-out">
        <Duplicates explanation={explanation} readAll={readAll} />
        <Rejected explanation={explanation} />
      </div>
      <CheckIt explanation={explanation} query={query} />
    </>
  )
}

function changed(query: URLSearchParams, name: string, value: string): string {
  const next = new URLSearchParams(query)
  next.set(name, value)
  return next.toString()
}

function Incomplete() {
  return (
    <div class="state">
      <h2>{words.incomplete}</h2>
      <p>{words.incompleteBody}</p>
      <Link href="/explore" class="button">
        {words.incompleteNext}
      </Link>
    </div>
  )
}
