import { useEffect, useRef, useState } from 'preact/hooks'
import UPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { theme } from '../app/theme.ts'
import type { Series } from '../data/series.ts'
import { texts } from '../texts/texts.ts'
import { chartData, type Drawn } from './chart-data.ts'
import { colours, optionsOf } from './chart-options.ts'
import { measure, moment } from './format.ts'

export type ChartProps = {
  readonly series: readonly Series[]
  /** The period before, moved to where this one is. */
  readonly before: Series | undefined
  /** Start of the last exact epoch, ms. */
  readonly boundary: number | undefined
  /** Shortest length of a window, ms. */
  readonly windowMs: number
  readonly label: string
  /** A point was clicked: the group that is nearest there, and the start of the window, ms. */
  readonly choose: (series: Series, at: number) => void
}

/**
 * Values over time. What is exact is drawn through, what is live dashed, and the boundary is a line. The
 * table beside it has the same for those who do not see it.
 */
export function Chart(props: ChartProps) {
  const { series, before, boundary, windowMs, label, choose } = props
  const holder = useRef<HTMLDivElement>(null)
  const plot = useRef<UPlot>(undefined)
  const [at, setAt] = useState<number>()
  const drawn = chartData(series, before)
  const shape = JSON.stringify([drawn.lines.map(({ colour, kind }) => [colour, kind]), theme.value])
  const latest = useRef({ boundary, windowMs })
  latest.current = { boundary, windowMs }

  useEffect(() => {
    const element = holder.current!
    const options = optionsOf(drawn, colours(element), () => latest.current, setAt)
    const made = new UPlot(
      { ...options, width: element.clientWidth, height: heightOf(element) },
      drawn.data,
      element,
    )
    plot.current = made
    const watch = new ResizeObserver(() =>
      made.setSize({ width: element.clientWidth, height: heightOf(element) }),
    )
    watch.observe(element)
    return () => {
      watch.disconnect()
      made.destroy()
    }
  }, [shape])
  useEffect(() => plot.current?.setData(drawn.data), [JSON.stringify(drawn.data), boundary, windowMs, shape])

  const click = () => {
    const found = plot.current && nearest(plot.current, drawn)
    if (found !== undefined) choose(series[found.group]!, found.at)
  }
  return (
    <figure class="chart">
      <Readout drawn={drawn} at={at} />
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the numbers of the table are links to the same */}
      <div ref={holder} class="chart-plot" role="img" aria-label={label} onClick={click} />
    </figure>
  )
}

const heightOf = (element: HTMLElement): number => (element.clientWidth < 520 ? 220 : 300)

/** The group whose value is nearest to the pointer, in the window under it. */
function nearest(plot: UPlot, { data, groups }: Drawn): { group: number; at: number } | undefined {
  const { idx, top = 0 } = plot.cursor
  const seconds = idx == null ? undefined : data[0][idx]
  if (idx == null || seconds === undefined) return undefined
  const distances = groups.flatMap(({ colour, values }, group) => {
    const value = values[idx]
    if (colour === 0 || value == null) return []
    return [{ group, away: Math.abs(plot.valToPos(value, 'y') - top) }]
  })
  const [best] = distances.sort((a, b) => a.away - b.away)
  return best && { group: best.group, at: seconds * 1000 }
}

/** The legend: which line is which, and its value under the pointer, or else its newest one. */
function Readout({ drawn, at }: { readonly drawn: Drawn; readonly at: number | undefined }) {
  const index = at ?? drawn.data[0].length - 1
  const seconds = drawn.data[0][index]
  return (
    <figcaption class="readout">
      <span class="number readout-at">
        {seconds === undefined ? '' : `${moment(new Date(seconds * 1000).toISOString())} UTC`}
      </span>
      {drawn.groups.map(({ label, colour, values, live }) => (
        <span key={label} class="readout-item">
          <span class={`swatch series-${colour}`} />
          {label}
          <span class="number strong">{measure(values[index])}</span>
          {live[index] === true && <span class="badge live">{texts.explore.live}</span>}
        </span>
      ))}
    </figcaption>
  )
}
