import { useState } from 'preact/hooks'
import { go } from '../../app/location.ts'
import type { Contracts } from '../../data/api.ts'
import { get } from '../../data/client.ts'
import { addressOfFilter, type EventsFilter } from '../../data/events-filter.ts'
import { useLive } from '../../data/live.ts'
import { texts } from '../../texts/texts.ts'
import { Choice } from '../explore/controls.tsx'

const words = texts.events

/** Which events: each choice takes effect at once, a text when it is entered. */
export function Filters({ filter }: { readonly filter: EventsFilter }) {
  const registry = useLive('contracts', () => get<Contracts>('/v1/contracts'))
  const contracts = (registry.value?.contracts ?? []).filter(({ latest }) => latest)
  const change = (to: Partial<EventsFilter>) => go(addressOfFilter({ ...filter, ...to }), { replace: true })
  const types = contracts.map(({ type }) => type)
  const ofType = contracts.filter(({ type }) => filter.type === '' || type === filter.type)
  const fields = [...new Set(ofType.flatMap(one => one.fields.map(({ name }) => name)))]
  return (
    <section class="card controls" aria-label={words.filters}>
      <Choice
        label={words.type}
        value={filter.type}
        options={[['', words.allTypes], ...withOwn(types, filter.type)]}
        choose={type => change({ type, field: '', value: '' })}
      />
      <Choice
        label={words.verdict}
        value={filter.verdict}
        options={Object.entries(words.verdicts)}
        choose={verdict => change({ verdict })}
      />
      <Text label={words.text} value={filter.text} enter={text => change({ text })} />
      <Text label={words.source} value={filter.source} enter={source => change({ source })} />
      <Choice
        label={words.field}
        value={filter.field}
        options={[['', words.noField], ...withOwn(fields, filter.field)]}
        choose={field => change({ field, value: '' })}
      />
      {filter.field !== '' && (
        <Text label={words.value} value={filter.value} enter={value => change({ value })} />
      )}
    </section>
  )
}

/** What the address asks for is among the choices, whether or not it is known. */
function withOwn(known: readonly string[], own: string): readonly (readonly [string, string])[] {
  const all = own === '' || known.includes(own) ? known : [...known, own]
  return all.map(one => [one, one] as const)
}

type TextProps = {
  readonly label: string
  readonly value: string
  readonly enter: (text: string) => void
}

function Text({ label, value, enter }: TextProps) {
  const [typed, setTyped] = useState(value)
  return (
    <label class="field">
      <span class="label">{label}</span>
      <input
        class="value"
        type="search"
        value={typed}
        onInput={event => setTyped(event.currentTarget.value)}
        onChange={event => enter(event.currentTarget.value)}
      />
    </label>
  )
}
