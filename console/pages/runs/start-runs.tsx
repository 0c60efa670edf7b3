import { useState } from 'preact/hooks'
import { go } from '../../app/location.ts'
import { addressOf } from '../../data/address.ts'
import type { Run } from '../../data/api.ts'
import { post } from '../../data/client.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { texts } from '../../texts/texts.ts'

const words = texts.runs.start

/** Buttons that start runs, each after a question. */
export function StartRuns() {
  const [open, setOpen] = useState<'batch' | 'backfill'>()
  const close = () => setOpen(undefined)
  const start = async (machine: string, input: object) => {
    const answer = await post<Run>('/v1/runs', { machine, input })
    if (!answer.ok) return answer.failure.detail
    go(addressOf('/runs', { id: answer.value.id }))
    return undefined
  }
  return (
    <div class="row">
      <button type="button" class="button" onClick={() => setOpen('backfill')}>
        {words.backfill}…
      </button>
      <button type="button" class="button primary" onClick={() => setOpen('batch')}>
        {words.batch}…
      </button>
      {open === 'batch' && (
        <Confirm title={words.batchTitle} button={words.batch} close={close} work={() => start('batch', {})}>
          <p>{words.batchBody}</p>
        </Confirm>
      )}
      {open === 'backfill' && (
        <Confirm
          title={words.backfillTitle}
          button={words.backfill}
          close={close}
          work={given => start('backfill', backfillInput(given))}
        >
          <p>{words.backfillBody}</p>
          <Span />
        </Confirm>
      )}
    </div>
  )
}

function Span() {
  const [span, setSpan] = useState('1d')
  return (
    <>
      <label class="field">
        <span class="label">{words.span}</span>
        <select name="last" value={span} onChange={event => setSpan(event.currentTarget.value)}>
          {Object.entries(words.spans).map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      </label>
      {span === 'custom' &&
        (['from', 'to'] as const).map(name => (
          <label key={name} class="field">
            <span class="label">{words[name]}</span>
            <input type="datetime-local" name={name} required />
          </label>
        ))}
    </>
  )
}

function backfillInput(given: FormData): object {
  const text = (name: string) => String(given.get(name) ?? '')
  if (text('last') !== 'custom') return { last: text('last') }
  return { from: instantOf(text('from')), to: instantOf(text('to')) }
}

/** What a field of date and time gives, read in UTC. */
const instantOf = (text: string): string => `${text.length === 16 ? `${text}:00` : text}Z`
