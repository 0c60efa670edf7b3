import { useState } from 'preact/hooks'
import type { Verdicts } from '../../data/api.ts'
import { postText } from '../../data/client.ts'
import type { Failure } from '../../data/failure.ts'
import { type Trial, trialOf } from '../../data/pasted/trial.ts'
import { Failed } from '../../parts/shown.tsx'
import { texts } from '../../texts/texts.ts'
import type { Contract } from './contracts.tsx'
import { VerdictCard } from './verdict-card.tsx'

const words = texts.contracts.tryIt

/** What became of the last check; `text` is what was checked. */
type Outcome =
  | {
      readonly kind: 'judged'
      readonly verdicts: Verdicts['verdicts']
      readonly trial: Trial
      readonly text: string
    }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'no JSON'; readonly detail: string }

/** Judges an event, or data, that somebody pastes: nothing of it is stored. */
export function TryIt({ contract, sample }: { readonly contract: Contract; readonly sample: unknown }) {
  const { type, version } = contract
  const [text, setText] = useState(() => JSON.stringify(sample, null, 2))
  const [outcome, setOutcome] = useState<Outcome>()
  const [isBusy, setBusy] = useState(false)
  const check = async (event: Event) => {
    event.preventDefault()
    const trial = trialOf(text, { type, version })
    if (typeof trial === 'string') return setOutcome({ kind: 'no JSON', detail: trial })
    setBusy(true)
    const answer = await postText<Verdicts>('/v1/events/check', trial.body, trial.type)
    setBusy(false)
    if (answer.ok) setOutcome({ kind: 'judged', verdicts: answer.value.verdicts, trial, text })
    else setOutcome({ kind: 'failed', failure: answer.failure })
  }
  return (
    <section class="card">
      <h2>{words.title}</h2>
      <p class="hint">{words.hint(type, String(version))}</p>
      <form class="stack" onSubmit={event => void check(event)}>
        <label class="field">
          <span class="label">{words.event}</span>
          <textarea
            class="pasted"
            spellcheck={false}
            rows={12}
            value={text}
            onInput={event => setText(event.currentTarget.value)}
          />
        </label>
        <div class="row">
          <button type="submit" class="button primary" disabled={isBusy || text.trim() === ''}>
            {words.check}
          </button>
          <button type="button" class="button" onClick={() => setText(JSON.stringify(sample, null, 2))}>
            {words.useSample}
          </button>
        </div>
      </form>
      <div class="verdicts" aria-live="polite">
        {outcome?.kind === 'no JSON' && <p class="problem">{words.noJson(outcome.detail)}</p>}
        {outcome?.kind === 'failed' && <Failed failure={outcome.failure} />}
        {outcome?.kind === 'judged' && outcome.verdicts.length === 0 && <p class="hint">{words.nothing}</p>}
        {outcome?.kind === 'judged' &&
          outcome.verdicts.map(verdict => (
            <VerdictCard
              key={verdict.index}
              verdict={verdict}
              trial={outcome.trial}
              text={outcome.text}
              isAlone={outcome.verdicts.length === 1}
            />
          ))}
      </div>
    </section>
  )
}
