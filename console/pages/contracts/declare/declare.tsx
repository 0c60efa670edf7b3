import { useState } from 'preact/hooks'
import { Link } from '../../../app/link.tsx'
import { Failed } from '../../../parts/shown.tsx'
import { texts } from '../../../texts/texts.ts'
import { ContractForm } from './contract-form.tsx'
import { DraftFile } from './draft-file.tsx'
import { FieldTable } from './field-table.tsx'
import { MetricForm } from './metric-form.tsx'
import { useDrafts } from './use-drafts.ts'

const words = texts.declare

/** Makes the files of a new event type, and of a metric over it, from samples; it writes none of them. */
export function Declare() {
  const [text, setText] = useState('')
  const state = useDrafts()
  const { drafts, failure, problem } = state
  const begin = (event: Event) => {
    event.preventDefault()
    state.begin(text)
  }
  return (
    <>
      <div>
        <Link href="/contracts">← {words.back}</Link>
        <h1>{words.title}</h1>
        <p class="muted">{words.lead}</p>
      </div>
      <section class="card">
        <form class="stack" onSubmit={begin}>
          <label class="field">
            <span class="label">{words.samples}</span>
            <textarea
              class="pasted"
              spellcheck={false}
              rows={8}
              placeholder={words.example}
              value={text}
              onInput={event => setText(event.currentTarget.value)}
            />
          </label>
          <p class="problem" role="alert">
            {problem}
          </p>
          <div class="row">
            <button type="submit" class="button primary" disabled={text.trim() === ''}>
              {words.draft}
            </button>
            <span class="hint">{words.notKept}</span>
          </div>
        </form>
      </section>
      {failure !== undefined && <Failed failure={failure} />}
      {drafts !== undefined && (
        <>
          <section class="card">
            <h2>{words.contract}</h2>
            <ContractForm contract={drafts.contract} choose={state.chooseContract} />
            <FieldTable contract={drafts.contract} choose={state.chooseContract} />
            <DraftFile file={drafts.contract.file} />
          </section>
          <section class="card">
            <h2>{words.metric}</h2>
            <MetricForm drafts={drafts} choose={state.chooseMetric} />
            <DraftFile file={drafts.metric.file} />
          </section>
          <section class="card">
            <h2>{words.next}</h2>
            <p>{words.nextSteps}</p>
          </section>
        </>
      )}
    </>
  )
}
