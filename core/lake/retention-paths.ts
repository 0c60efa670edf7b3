import { parsePathInstant, pathInstant } from '../data/time.ts'

/**
 * From when on something is kept: epochs that begin before `since` are out of use, and go once that has held
 * for a day. Such marks lie in the lake, by event type or metric, so that a copy of it is never without them.
 */
export const RETENTION = 'retention'

export const keptOfType = (type: string) => `${RETENTION}/type=${type}`
export const keptOfMetric = (metric: string) => `${RETENTION}/metric=${metric}`

/**
 * `raw`, `curated`: what there is of a type. `partials`: from when on epochs have partials of their own,
 * which `condensed` says of a metric that has come so far.
 */
export type KeptKind = 'raw' | 'curated' | 'partials' | 'condensed'

export type KeptMark = {
  /** `keptOfType` or `keptOfMetric`. */
  readonly owner: string
  readonly kind: KeptKind
  /** ms, the start of a day (UTC). */
  readonly since: number
  /** When it was made, ms; undefined once nothing from before `since` is left. */
  readonly made: number | undefined
}

export function keptMark({ owner, kind, since, made }: KeptMark): string {
  const ending = made === undefined ? '' : `,made=${pathInstant(made)}`
  return `${owner}/${kind}=${pathInstant(since)}${ending}.mark`
}

/** Reads what `keptMark` wrote; undefined of another object. */
export function parseKeptMark(path: string): KeptMark | undefined {
  const [, owner, kind, since = '', made] =
    /^(.+)\/(raw|curated|partials|condensed)=([^/,]+)(?:,made=([^/,]+))?\.mark$/.exec(path) ?? []
  if (owner === undefined || Number.isNaN(parsePathInstant(since))) return undefined
  return {
    ...{ owner, kind: kind as KeptKind, since: parsePathInstant(since) },
    made: made === undefined ? undefined : parsePathInstant(made),
  }
}

/** Partials of a metric, combined over all epochs that began on one day (UTC): a folder each. */
export const condensedOfMetric = (metric: string) => `condensed/metric=${metric}`
export const condensedFolder = (metric: string, day: number) =>
  `${condensedOfMetric(metric)}/epoch=${pathInstant(day)}`

/** Rows on their way to `condensedFolder`. */
export const condensedText = (metric: string) => `staged/condensed-text/metric=${metric}.csv`
