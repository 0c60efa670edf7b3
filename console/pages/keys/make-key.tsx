import { useState } from 'preact/hooks'
import type { MadeKey } from '../../data/api.ts'
import { post } from '../../data/client.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { texts } from '../../texts/texts.ts'

const words = texts.keys

/** Makes a key with its limits; what is wrong with them the platform says. */
export function MakeKey({ done }: { readonly done: (made: MadeKey) => void }) {
  const [isOpen, setOpen] = useState(false)
  const make = async (given: FormData): Promise<string | undefined> => {
    const wanted = wantedOf(given)
    if (wanted === undefined) return words.notJson
    const answer = await post<MadeKey>('/v1/keys', wanted)
    if (!answer.ok) return answer.failure.detail
    done(answer.value)
    return undefined
  }
  return (
    <>
      <button type="button" class="button primary" onClick={() => setOpen(true)}>
        {words.make}…
      </button>
      {isOpen && (
        <Confirm title={words.makeTitle} button={words.make} close={() => setOpen(false)} work={make}>
          <Field name="name" label={words.name} hint={words.nameHint} isRequired />
          <label class="field">
            <span class="label">{words.kind}</span>
            <select name="kind">
              {Object.entries(words.kinds).map(([value, text]) => (
                <option key={value} value={value}>
                  {text}
                </option>
              ))}
            </select>
          </label>
          <Field name="scope" label={words.scope} hint={words.scopeHint} isRequired />
          <Field name="where" label={words.where} hint={words.whereHint} />
          <Field name="expires" label={words.expires} hint="2030-12-31" />
          <Field name="rate" label={words.ratePerSecond} isNumber />
          <Field name="events" label={words.eventsPerDay} isNumber />
          <Field name="requires" label={words.requiresFields} hint="customer_id" />
        </Confirm>
      )}
    </>
  )
}

type FieldProps = {
  readonly name: string
  readonly label: string
  readonly hint?: string
  readonly isRequired?: boolean
  readonly isNumber?: boolean
}

function Field({ name, label, hint = '', isRequired = false, isNumber = false }: FieldProps) {
  return (
    <label class="field">
      <span class="label">{label}</span>
      <input
        name={name}
        required={isRequired}
        placeholder={hint}
        inputMode={isNumber ? 'numeric' : 'text'}
        autocomplete="off"
      />
    </label>
  )
}

/** What the form asks for, without what was left empty; undefined: the rows are no JSON. */
function wantedOf(given: FormData): object | undefined {
  const text = (name: string) => String(given.get(name) ?? '').trim()
  const filled = (name: string, read: (value: string) => unknown) =>
    text(name) === '' ? {} : { [name]: read(text(name)) }
  try {
    return {
      ...{ name: text('name'), kind: text('kind'), scope: text('scope') },
      ...filled('where', JSON.parse),
      ...filled('expires', value => value),
      ...filled('rate', Number),
      ...filled('events', Number),
      ...filled('requires', value => value.split(',').map(one => one.trim())),
    }
  } catch {
    return undefined
  }
}
