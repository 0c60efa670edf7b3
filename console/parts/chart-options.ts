import UPlot from 'uplot'
import { texts } from '../texts/texts.ts'
import type { Drawn, Line } from './chart-data.ts'
import { brief } from './format.ts'

/** Few enough for each window to be marked by a dot. */
const FEW = 60

type Moving = { readonly boundary: number | undefined; readonly windowMs: number }
type Colours = (name: string) => string

/** Colours of the theme as a canvas takes them. */
export function colours(within: HTMLElement): Colours {
  const probe = document.createElement('span')
  within.append(probe)
  const known = new Map<string, string>()
  for (const name of ['text', 'muted', 'line', 'live', 'live-soft', 'line-strong', ...SERIES]) {
    probe.style.color = `var(--${name})`
    known.set(name, getComputedStyle(probe).color)
  }
  probe.remove()
  return name => known.get(name)!
}

const SERIES = Array.from({ length: 8 }, (_, i) => `series-${i + 1}`)

/** How a chart is drawn. What changes as time goes on is asked for when it is. */
export function optionsOf(
  drawn: Drawn,
  colour: Colours,
  moving: () => Moving,
  pointAt: (index: number | undefined) => void,
): Omit<UPlot.Options, 'width' | 'height'> {
  const axis: UPlot.Axis = {
    stroke: colour('muted'),
    font: '11px Inter, system-ui, sans-serif',
    grid: { stroke: colour('line'), width: 1 },
    ticks: { show: false },
  }
  return {
    tzDate: seconds => UPlot.tzDate(new Date(seconds * 1000), 'UTC'),
    legend: { show: false },
    cursor: { y: false, points: { size: 7 } },
    padding: [16, 20, 0, 0],
    scales: {
      x: { time: true, range: (_, least, most) => [least, endOf(least, most, moving())] },
      y: { range: (_, least, most) => rangeOf(least, most) },
    },
    axes: [
      { ...axis, size: 30, space: 70, values: (plot, splits) => splits.map(at => timeLabel(at, plot)) },
      { ...axis, size: 52, values: (_, splits) => splits.map(brief) },
    ],
    series: [{}, ...drawn.lines.map(line => seriesOf(line, colour))],
    hooks: {
      setCursor: [plot => pointAt(plot.cursor.idx ?? undefined)],
      drawClear: [plot => shadeLive(plot, colour, moving())],
      draw: [plot => drawBoundary(plot, colour, moving())],
    },
  }
}

function seriesOf({ colour: number, kind }: Line, colour: Colours): UPlot.Series {
  if (kind === 'before')
    return { stroke: colour('line-strong'), width: 1, spanGaps: true, points: { show: false } }
  const stroke = colour(`series-${number}`)
  return {
    stroke,
    width: 2,
    ...(kind === 'live' && { dash: [5, 4] }),
    points: { show: plot => plot.data[0].length <= FEW, size: 5, fill: stroke },
  }
}

/** The last window is shown to its end, and the boundary with it. */
function endOf(least: number, most: number, { boundary, windowMs }: Moving): number {
  const end = most + windowMs / 1000
  const mark = boundary === undefined ? 0 : boundary / 1000
  return mark > end && mark < end + (end - least) * 0.25 ? mark : end
}

/** From nothing on, with room above. */
function rangeOf(least: number | null, most: number | null): [number, number] {
  const [low, high] = [Math.min(0, least ?? 0), Math.max(0, most ?? 1)]
  const room = (high - low || 1) * 0.08
  return [low < 0 ? low - room : 0, high + room]
}

const DAY = 86_400

function timeLabel(seconds: number, plot: UPlot): string {
  const iso = new Date(seconds * 1000).toISOString()
  const shown = (plot.scales['x']!.max ?? 0) - (plot.scales['x']!.min ?? 0)
  if (shown > 300 * DAY) return iso.slice(0, 7)
  if (shown > 3 * DAY || seconds % DAY === 0) return iso.slice(5, 10)
  return iso.slice(11, 16)
}

/** Where the boundary is in the drawing; undefined: outside of it. */
function boundaryX(plot: UPlot, { boundary }: Moving): number | undefined {
  if (boundary === undefined) return undefined
  const x = plot.valToPos(boundary / 1000, 'x', true)
  const { left, width } = plot.bbox
  return x >= left && x <= left + width ? x : undefined
}

function shadeLive(plot: UPlot, colour: Colours, moving: Moving): void {
  const x = boundaryX(plot, moving)
  if (x === undefined) return
  const { left, top, width, height } = plot.bbox
  plot.ctx.fillStyle = colour('live-soft')
  plot.ctx.fillRect(x, top, left + width - x, height)
}

function drawBoundary(plot: UPlot, colour: Colours, moving: Moving): void {
  const x = boundaryX(plot, moving)
  if (x === undefined) return
  const { ctx, bbox } = plot
  ctx.save()
  ctx.setLineDash([])
  ctx.strokeStyle = colour('live')
  ctx.fillStyle = colour('live')
  ctx.lineWidth = devicePixelRatio
  ctx.beginPath()
  ctx.moveTo(x, bbox.top)
  ctx.lineTo(x, bbox.top + bbox.height)
  ctx.stroke()
  ctx.font = `${11 * devicePixelRatio}px Inter, system-ui, sans-serif`
  const isRight = x > bbox.left + bbox.width * 0.6
  ctx.textAlign = isRight ? 'right' : 'left'
  ctx.textBaseline = 'bottom'
  ctx.fillText(texts.explore.boundary, x + (isRight ? 0 : 4), bbox.top - 2)
  ctx.restore()
}
