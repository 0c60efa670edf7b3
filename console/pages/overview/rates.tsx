import { useEffect, useState } from 'preact/hooks'
import { type Reading, ratesBetween, readExposition, type Totals, totalsOf } from '../../data/exposition.ts'
import { CodeBlock } from '../../parts/code-block.tsx'
import { count, rate } from '../../parts/format.ts'
import { Sparkline } from '../../parts/sparkline.tsx'
import { texts } from '../../texts/texts.ts'

const words = texts.overview
const NAMES = ['accepted', 'rejected', 'duplicates'] as const

/** Three minutes of readings. */
const MOST_READINGS = 120
/** A rate is over so many readings, so that it is steady enough to be read. */
const READINGS_A_RATE = 3

type RatesProps = {
  /** The exposition, and when it was answered, ms. */
  readonly text: string
  readonly at: number
}

/** Events a second, and how they went in the last minutes. */
export function Rates({ text, at }: RatesProps) {
  const readings = useReadings(text, at)
  const totals = readings.at(-1)?.totals
  const rates = readings.slice(READINGS_A_RATE).map((one, i) => ratesBetween(readings[i]!, one))
  const early = readings.length > 1 ? ratesBetween(readings[0]!, readings.at(-1)!) : undefined
  const now = rates.at(-1) ?? early
  return (
    <>
      <section class="tiles" aria-label={words.ratesLabel}>
        {NAMES.map(name => (
          <Tile key={name} name={name} now={now} totals={totals} rates={rates} />
        ))}
      </section>
      {isUnused(text) && <FirstEvent />}
    </>
  )
}

type TileProps = {
  readonly name: keyof Totals
  readonly now: Totals | undefined
  readonly totals: Totals | undefined
  readonly rates: readonly (Totals | undefined)[]
}

function Tile({ name, now, totals, rates }: TileProps) {
  return (
    <div class={`card tile ${name}`}>
      <h2>{words.rates[name]}</h2>
      <p class="tile-number">
        {now === undefined ? <span class="muted small">{words.waiting}</span> : rate(now[name])}
        {now !== undefined && <span class="unit">{texts.units.perSecond}</span>}
      </p>
      <Sparkline
        label={words.sparkline(words.rates[name])}
        values={rates.map(one => one?.[name] ?? 0)}
        most={MOST_READINGS}
      />
      <p class="hint">
        <span class="number">{count(totals?.[name] ?? 0)}</span> {texts.units.total}
      </p>
    </div>
  )
}

/** Nothing has come since the start, and no id of before is remembered. */
function isUnused(text: string): boolean {
  const counters = readExposition(text)
  const { accepted, rejected } = totalsOf(counters)
  return accepted + rejected + (counters.get('tributary_markers') ?? 0) === 0
}

function FirstEvent() {
  return (
    <section class="card first">
      <h2>{words.empty.heading}</h2>
      <p>{words.empty.body}</p>
      <CodeBlock text="npm run demo" />
    </section>
  )
}

function useReadings(text: string, at: number): readonly Reading[] {
  const [readings, setReadings] = useState<readonly Reading[]>([])
  useEffect(() => {
    const totals = totalsOf(readExposition(text))
    setReadings(before => {
      const isAnew = before.some(one => one.totals.accepted > totals.accepted)
      return [...(isAnew ? [] : before), { at, totals }].slice(-MOST_READINGS)
    })
  }, [text, at])
  return readings
}
