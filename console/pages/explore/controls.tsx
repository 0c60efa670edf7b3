import type { ComponentChildren } from 'preact'
import { useId, useState } from 'preact/hooks'
import { type Metric, type Question, RANGES, windowsOf } from '../../data/question.ts'
import { CopyButton } from '../../parts/code-block.tsx'
import { texts } from '../../texts/texts.ts'

const words = texts.explore

type Ask = (change: Partial<Question>) => void
type ControlsProps = { readonly question: Question; readonly metrics: readonly Metric[]; readonly ask: Ask }

/** Everything that a question is made of, each change asked at once. */
export function Controls({ question, metrics, ask }: ControlsProps) {
  const { metric, measure, range, window, by, isCompared } = question
  const choose = (name: string) => {
    const next = metrics.find(one => one.name === name)!
    ask({ metric: next, measure: next.measures[0]!.name, window: next.window, by: [], where: [] })
  }
  return (
    <section class="card controls" aria-label={words.question}>
      <Choice
        label={words.metric}
        value={metric.name}
        options={metrics.map(({ name, title }) => [name, title])}
        choose={choose}
        isWide
      />
      <Choice
        label={words.measure}
        value={measure}
        options={metric.measures.map(({ name }) => [name, name])}
        choose={name => ask({ measure: name })}
      />
      <Choice
        label={words.range}
        value={range}
        options={Object.entries(words.ranges)}
        choose={to => ask({ range: to, ...(to === 'custom' && customOf(question)) })}
      />
      {range === 'custom' && <Custom question={question} ask={ask} />}
      <Choice
        label={words.window}
        value={window}
        options={windowsOf(metric).map(one => [one, one])}
        choose={to => ask({ window: to })}
      />
      {metric.by.length > 0 && (
        <fieldset class="field">
          <legend class="label">{words.by}</legend>
          <div class="row checks">
            {metric.by.map(({ name }) => (
              <label key={name} class="check">
                <input
                  type="checkbox"
                  checked={by.includes(name)}
                  onChange={() => ask({ by: toggled(by, name) })}
                />
                {name}
              </label>
            ))}
          </div>
        </fieldset>
      )}
      <fieldset class="field">
        <legend class="label">{words.compare}</legend>
        <label class="check checks">
          <input
            type="checkbox"
            checked={isCompared}
            disabled={range === 'all'}
            onChange={() => ask({ isCompared: !isCompared })}
          />
          {words.previous}
        </label>
      </fieldset>
      {metric.by.length > 0 && <Filters question={question} ask={ask} />}
      <div class="controls-end">
        <CopyButton text={location.href} name={words.share} />
      </div>
    </section>
  )
}

const toggled = (names: readonly string[], name: string): readonly string[] =>
  names.includes(name) ? names.filter(one => one !== name) : [...names, name]

/** The span that is shown, to change from there. */
function customOf({ range, from, to }: Question): Pick<Question, 'from' | 'to'> {
  const now = Date.now()
  const begin = new Date(now - (RANGES[range] ?? RANGES['30d']!))
  return {
    from: from ?? begin.toISOString().slice(0, 16),
    to: to ?? new Date(now).toISOString().slice(0, 16),
  }
}

type ChoiceProps = {
  readonly label: string
  readonly value: string
  readonly options: readonly (readonly [value: string, text: string])[]
  readonly choose: (value: string) => void
  readonly isWide?: boolean
}

export function Choice({ label, value, options, choose, isWide = false }: ChoiceProps) {
  const id = useId()
  return (
    <div class={isWide ? 'field wide' : 'field'}>
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={event => choose(event.currentTarget.value)}>
        {options.map(([one, text]) => (
          <option key={one} value={one}>
            {text}
          </option>
        ))}
      </select>
    </div>
  )
}

function Custom({ question, ask }: { readonly question: Question; readonly ask: Ask }) {
  return (
    <>
      {(['from', 'to'] as const).map(end => (
        <Labelled key={end} label={words[end]}>
          <input
            type="datetime-local"
            value={question[end]?.replace('Z', '') ?? ''}
            onChange={event => ask({ [end]: `${event.currentTarget.value}Z` })}
          />
        </Labelled>
      ))}
    </>
  )
}

function Labelled({ label, children }: { readonly label: string; readonly children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is the child
    <label class="field">
      <span class="label">{label}</span>
      {children}
    </label>
  )
}

/** Only groups with these values. */
function Filters({ question, ask }: { readonly question: Question; readonly ask: Ask }) {
  const { metric, where } = question
  const [field, setField] = useState(metric.by[0]!.name)
  const chosen = metric.by.some(({ name }) => name === field) ? field : metric.by[0]!.name
  const add = (event: Event) => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    const value = String(new FormData(form).get('value') ?? '')
    form.reset()
    ask({ where: [...where, [chosen, value]] })
  }
  return (
    <fieldset class="field wide">
      <legend class="label">{words.where}</legend>
      <form class="row" onSubmit={add}>
        <select
          aria-label={words.field}
          value={chosen}
          onChange={event => setField(event.currentTarget.value)}
        >
          {metric.by.map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
        </select>
        <span aria-hidden="true">=</span>
        <input class="value" name="value" aria-label={words.value} size={10} />
        <button type="submit" class="button">
          {words.add}
        </button>
        {where.map(([name, value], i) => (
          <button
            key={`${name}=${value}`}
            type="button"
            class="badge chip"
            aria-label={words.remove(name, value)}
            onClick={() => ask({ where: where.filter((_, at) => at !== i) })}
          >
            {name} = {value} <span aria-hidden="true">×</span>
          </button>
        ))}
      </form>
    </fieldset>
  )
}
