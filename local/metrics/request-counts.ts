/** Upper bounds of the histogram of durations, seconds. */
export const DURATION_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** What became of the requests of a route. */
export type RouteCounts = {
  /** Status → answers. */
  readonly statuses: ReadonlyMap<number, number>
  /** Answers of at most as many seconds as each bound says, and beyond the last: not added up. */
  readonly buckets: readonly number[]
  readonly seconds: number
}

export type RequestCounts = {
  /** `route`: the row's key, or a word for what matches none; `ms`: from its headers to its answer. */
  answered(route: string, status: number, ms: number): void
  routes(): ReadonlyMap<string, RouteCounts>
}

/**
 * Counts answers since the start. By hand, as each request pays for it: a label that is looked up in
 * Prometheus' client costs ten times more, so its metrics are made when they are asked for.
 */
export function createRequestCounts(): RequestCounts {
  const routes = new Map<string, { statuses: Map<number, number>; buckets: number[]; seconds: number }>()
  return {
    answered(route, status, ms) {
      let counts = routes.get(route)
      if (counts === undefined) {
        counts = { statuses: new Map(), buckets: DURATION_BOUNDS.map(() => 0).concat(0), seconds: 0 }
        routes.set(route, counts)
      }
      counts.statuses.set(status, (counts.statuses.get(status) ?? 0) + 1)
      const seconds = ms / 1000
      counts.seconds += seconds
      let bucket = 0
      while (bucket < DURATION_BOUNDS.length && seconds > DURATION_BOUNDS[bucket]!) bucket++
      counts.buckets[bucket]!++
    },
    routes: () => routes,
  }
}
