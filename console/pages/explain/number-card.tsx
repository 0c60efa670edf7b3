import { useEffect } from 'preact/hooks'
import type { Explanation } from '../../data/api.ts'
import { type Verdict, verdictOf } from '../../data/explained.ts'
import { clock, instant, many, measure as shown } from '../../parts/format.ts'
import { Icon, type IconName } from '../../parts/icon.tsx'
import { Tabs } from '../../parts/tabs.tsx'
import { texts } from '../../texts/texts.ts'

const words = texts.explain

type NumberCardProps = {
  readonly explanation: Explanation
  readonly title: string
  readonly measures: readonly string[]
  readonly measure: string
  readonly choose: (measure: string) => void
  /** When it was answered, ms. */
  readonly at: number
  readonly again: () => void
}

/** Until a number that is still being counted is asked for again, ms. */
const MOVING_MS = 3000

const ICONS: Readonly<Record<Verdict, IconName>> = {
  proved: 'proved',
  moving: 'clock',
  unread: 'warning',
  differs: 'warning',
  empty: 'clock',
}

const TONES: Readonly<Record<Verdict, string>> = {
  proved: 'good',
  moving: 'waiting',
  unread: 'waiting',
  differs: 'bad',
  empty: 'waiting',
}

/** The number itself, what it is a number of, and whether its events come to it. */
export function NumberCard(props: NumberCardProps) {
  const { explanation, title, measures, measure, choose, at, again } = props
  const verdict = verdictOf(explanation)
  // What is on its way is there soon: a wait tells.
  useEffect(() => {
    if (verdict !== 'moving') return
    const timer = window.setTimeout(again, MOVING_MS)
    return () => window.clearTimeout(timer)
  }, [verdict, at])
  return (
    <section class={`card verdict explained ${TONES[verdict]}`} aria-label={words.heading}>
      <div class="explained-number">
        <h2>
          {title} <span class="muted">· {measure}</span>
        </h2>
        <p class="figure number">{shown(explanation.values?.[measure])}</p>
        <Whereof explanation={explanation} />
        {measures.length > 1 && (
          <Tabs label={words.measure} names={measures} chosen={measure} choose={choose} />
        )}
      </div>
      <div class="explained-verdict">
        <span class="verdict-mark">
          <Icon name={ICONS[verdict]} />
        </span>
        <div>
          <h2>{words.verdicts[verdict]}</h2>
          <p>{leadOf(explanation, verdict)}</p>
          <p class="row hint">
            <span>{words.asked(clock(at))}</span>
            <button type="button" class="button small" onClick={again}>
              {words.again}
            </button>
          </p>
        </div>
      </div>
    </section>
  )
}

function leadOf({ events, parts }: Explanation, verdict: Verdict): string {
  if (verdict !== 'proved') return words.leads[verdict]
  return words.leads.proved(many(events.total, words.events), many(parts.length, words.partsOf))
}

/** The window, the group and the conditions, as short as they can be said. */
function Whereof({ explanation }: { readonly explanation: Explanation }) {
  const { window, timezone, start, end, by, group, where } = explanation
  const values = group as Readonly<Record<string, unknown>>
  // What the group says already is no condition besides.
  const conditions = Object.entries((where ?? {}) as Readonly<Record<string, unknown>>).filter(
    ([name]) => !by.includes(name),
  )
  return (
    <ul class="whereof">
      {by.map(name => (
        <li key={name} class="badge">
          {name} = {valueText(values[name])}
        </li>
      ))}
      {by.length === 0 && <li class="badge">{words.everything}</li>}
      {conditions.map(([name, value]) => (
        <li key={name} class="badge">
          {words.only} {name} = {[value].flat().map(valueText).join(', ')}
        </li>
      ))}
      <li class="muted number">
        {words.window(window)}: {instant(start).replace(' UTC', '')} – {instant(end)}
        {timezone !== undefined && ` (${timezone})`}
      </li>
    </ul>
  )
}

/** Null, missing and "" are three different groups. */
function valueText(value: unknown): string {
  if (value === undefined) return words.missing
  return value === '' ? '""' : String(value)
}
