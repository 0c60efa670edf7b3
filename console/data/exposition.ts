/** Values of the Prometheus exposition by name, over all labels. */
export type Counters = ReadonlyMap<string, number>

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{.*\})? (\S+)/

/** Reads the text of `GET /metrics`: samples of one name are added up. */
export function readExposition(text: string): Counters {
  const counters = new Map<string, number>()
  for (const line of text.split('\n')) {
    const [, name, value] = LINE.exec(line) ?? []
    if (name === undefined) continue
    counters.set(name, (counters.get(name) ?? 0) + Number(value))
  }
  return counters
}

/** Events counted since the platform was started. */
export type Totals = { readonly accepted: number; readonly rejected: number; readonly duplicates: number }

export function totalsOf(counters: Counters): Totals {
  const total = (name: string) => counters.get(`tributary_events_${name}_total`) ?? 0
  return { accepted: total('accepted'), rejected: total('rejected'), duplicates: total('duplicate') }
}

/** Totals at an instant, ms. */
export type Reading = { readonly at: number; readonly totals: Totals }

/** Events a second between two readings. Counters that began anew have no rate. */
export function ratesBetween(before: Reading, after: Reading): Totals | undefined {
  const seconds = (after.at - before.at) / 1000
  const rate = (name: keyof Totals) => (after.totals[name] - before.totals[name]) / seconds
  const rates = { accepted: rate('accepted'), rejected: rate('rejected'), duplicates: rate('duplicates') }
  return seconds > 0 && Object.values(rates).every(one => one >= 0) ? rates : undefined
}
