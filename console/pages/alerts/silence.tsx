import { useState } from 'preact/hooks'
import { post } from '../../data/client.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { texts } from '../../texts/texts.ts'
import type { Alert } from './alerts.tsx'

const words = texts.alerts

type SilenceProps = { readonly alert: Alert; readonly changed: () => void }

/** Holds the messages of an alert back for a time, or lets them go again, after a question. */
export function Silence({ alert, changed }: SilenceProps) {
  const [isOpen, setOpen] = useState(false)
  const isSilent = alert.silence !== null
  const ask = async (call: 'silence' | 'unsilence', body: object): Promise<string | undefined> => {
    const answer = await post<Alert>(`/v1/alerts/${encodeURIComponent(alert.name)}/${call}`, body)
    if (!answer.ok) return answer.failure.detail
    changed()
    return undefined
  }
  const close = () => setOpen(false)
  return (
    <>
      <button type="button" class="button" onClick={() => setOpen(true)}>
        {isSilent ? words.unsilence : words.silence}…
      </button>
      {isOpen && isSilent && (
        <Confirm
          title={words.unsilenceTitle(alert.title)}
          button={words.unsilence}
          close={close}
          work={() => ask('unsilence', {})}
        >
          <p>{words.unsilenceBody}</p>
        </Confirm>
      )}
      {isOpen && !isSilent && (
        <Confirm
          title={words.silenceTitle(alert.title)}
          button={words.silence}
          close={close}
          work={given => ask('silence', { for: given.get('for'), why: given.get('why') })}
        >
          <p>{words.silenceBody}</p>
          <label class="field">
            <span class="label">{words.for}</span>
            <select name="for">
              {Object.entries(words.spans).map(([value, text]) => (
                <option key={value} value={value} selected={value === '2h'}>
                  {text}
                </option>
              ))}
            </select>
          </label>
          <label class="field">
            <span class="label">{words.why}</span>
            <input name="why" required maxLength={500} />
          </label>
          <p class="hint">{words.whyHint}</p>
        </Confirm>
      )}
    </>
  )
}
