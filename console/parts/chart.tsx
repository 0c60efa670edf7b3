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
}

/**
 * Values over time. What is exact is drawn through, what is live dashed, and the boundary is a line. The
 * table beside it has the same for those who do not see it.
 */
export function Chart(props: ChartProps) {
  const { series, before, boundary, windowMs, label } = props
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

  return (
    <figure class="chart">
      <Readout drawn={drawn} at={at} />
      <div ref={holder} class="chart-plot" role="img" aria-label={label} />
    </figure>
  )
}

const heightOf = (element: HTMLElement): number => (element.clientWidth < 520 ? 220 : 300)

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
