import type { Drafts } from '../../../data/api.ts'
import { texts } from '../../../texts/texts.ts'
import { Choice } from '../../explore/controls.tsx'
import { Checks, TextField } from './inputs.tsx'
import type { MetricChoices } from './use-drafts.ts'

const words = texts.declare

type Measure = Drafts['metric']['measures'][number]
type FormProps = { readonly drafts: Drafts; readonly choose: (choices: MetricChoices) => void }

const KINDS = ['count', 'sum', 'mean', 'min', 'max', 'distinct'] as const
const WINDOWS = ['minute', 'hour', 'day'] as const

/** What is counted of the events, by what, and in which windows. */
export function MetricForm({ drafts: { contract, metric }, choose }: FormProps) {
  const fields = contract.fields.filter(({ leftOut }) => !leftOut)
  const single = fields.filter(({ kind }) => kind !== 'json').map(({ name }) => name)
  const numbers = fields.filter(({ kind }) => kind === 'integer' || kind === 'number').map(({ name }) => name)
  const { measures } = metric
  const set = (at: number, next: Measure | undefined) =>
    choose({ measures: measures.toSpliced(at, 1, ...(next === undefined ? [] : [next])) })
  return (
    <div class="stack">
      <div class="form-grid">
        <TextField
          label={words.metricName}
          value={metric.name}
          choose={name => choose({ name: name.trim() })}
        />
        <TextField label={words.name} value={metric.title} choose={title => choose({ title })} />
        <Choice
          label={words.window}
          value={metric.window}
          options={WINDOWS.map(one => [one, one] as const)}
          choose={window => choose({ window: WINDOWS.find(one => one === window)! })}
        />
      </div>
      <Checks label={words.by} names={single} chosen={metric.by} choose={by => choose({ by: [...by] })} />
      <fieldset class="field">
        <legend class="label">{words.measures}</legend>
        {measures.map((measure, at) => (
          <MeasureRow
            key={at}
            measure={measure}
            fields={measure.kind === 'distinct' ? single : numbers}
            change={next => set(at, next)}
          />
        ))}
        <div class="row">
          <button
            type="button"
            class="button small"
            onClick={() => choose({ measures: [...measures, fresh(measures, single)] })}
          >
            {words.addMeasure}
          </button>
        </div>
      </fieldset>
    </div>
  )
}

function fresh(measures: readonly Measure[], single: readonly string[]): Measure {
  const [field] = single
  const name = `measure_${measures.length + 1}`
  return field === undefined ? { name, kind: 'count', field: null } : { name, kind: 'distinct', field }
}

type RowProps = {
  readonly measure: Measure
  readonly fields: readonly string[]
  readonly change: (measure: Measure | undefined) => void
}

function MeasureRow({ measure, fields, change }: RowProps) {
  const { name, kind, field } = measure
  const kindChosen = (value: string) => {
    const next = KINDS.find(one => one === value)!
    change({ name, kind: next, field: next === 'count' ? null : (field ?? fields[0] ?? '') })
  }
  return (
    <div class="row measure-row">
      <TextField label={words.measure} value={name} choose={to => change({ ...measure, name: to.trim() })} />
      <Choice
        label={words.measureKind}
        value={kind}
        options={KINDS.map(one => [one, one] as const)}
        choose={kindChosen}
      />
      {field !== null && (
        <Choice
          label={words.field}
          value={field}
          options={[...new Set([...fields, field])].map(one => [one, one] as const)}
          choose={to => change({ ...measure, field: to })}
        />
      )}
      <button type="button" class="button small" onClick={() => change(undefined)}>
        {words.removeMeasure(name)}
      </button>
    </div>
  )
}
