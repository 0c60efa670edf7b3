import type { AlignedData } from 'uplot'
import type { Series } from '../data/series.ts'
import { texts } from '../texts/texts.ts'

/** More lines than that cannot be told apart. */
export const MOST_LINES = 8

/** A line of a chart: a group's exact part, its live part, or the period before. */
export type Line = { readonly colour: number; readonly kind: 'exact' | 'live' | 'before' }

type Values = readonly (number | null)[]

/** What a chart draws: lines, and the groups that they are parts of, all over the same instants. */
export type Drawn = {
  readonly data: AlignedData
  readonly lines: readonly Line[]
  readonly groups: readonly {
    readonly label: string
    /** 1 to 8; 0: the period before. */
    readonly colour: number
    readonly values: Values
    readonly live: readonly boolean[]
  }[]
}

/** Lines over the instants of all of them. A live part begins where the exact one ends, so that they join. */
export function chartData(series: readonly Series[], before: Series | undefined): Drawn {
  const shown = series.slice(0, MOST_LINES)
  const all = before === undefined ? shown : [...shown, before]
  const times = [...new Set(all.flatMap(({ points }) => points.map(({ at }) => at)))].sort((a, b) => a - b)
  const groups = shown.map((one, i) => ({ label: one.label, colour: i + 1, ...over(times, one) }))
  const past =
    before === undefined ? [] : [{ label: texts.explore.before, colour: 0, ...over(times, before) }]
  return {
    data: [
      times.map(ms => ms / 1000),
      ...groups.flatMap(({ values, live }) => [exactOf(values, live), liveOf(values, live)]),
      ...past.map(({ values }) => values as (number | null)[]),
    ],
    lines: [
      ...groups.flatMap(({ colour }): readonly Line[] => [
        { colour, kind: 'exact' },
        { colour, kind: 'live' },
      ]),
      ...past.map(({ colour }): Line => ({ colour, kind: 'before' })),
    ],
    groups: [...groups, ...past.map(one => ({ ...one, live: [] }))],
  }
}

function over(times: readonly number[], { points }: Series): { values: Values; live: readonly boolean[] } {
  const found = new Map(points.map(point => [point.at, point]))
  return {
    values: times.map(at => found.get(at)?.value ?? null),
    live: times.map(at => found.get(at)?.isLive === true),
  }
}

const exactOf = (values: Values, live: readonly boolean[]): (number | null)[] =>
  values.map((value, i) => (live[i] ? null : value))

const liveOf = (values: Values, live: readonly boolean[]): (number | null)[] =>
  values.map((value, i) => (live[i] || live[i + 1] || live[i - 1] ? value : null))
