/** What was observed of a customer, with the epoch that received it; `at`: ms. */
export type Observation = {
  readonly epoch: number
  readonly at: number
  readonly customer: number
  readonly country: string | null
  readonly isGone: boolean
}

export type HistoryRow = {
  readonly customer: number
  readonly country: string | null
  readonly from: number
  readonly to: number | null
}

/** A history computed anew from all observations, one customer after the other: no instant is there twice. */
export function historyOfRows(observations: readonly Observation[]): readonly HistoryRow[] {
  const rows: HistoryRow[] = []
  for (const customer of [...new Set(observations.map(each => each.customer))].sort((a, b) => a - b)) {
    const own = observations.filter(each => each.customer === customer).sort((a, b) => a.at - b.at)
    let open: { country: string | null; from: number } | undefined
    for (const { at, country, isGone } of own) {
      if (open !== undefined && !isGone && open.country === country) continue
      if (open !== undefined) rows.push({ customer, ...open, to: at })
      open = isGone ? undefined : { country, from: at }
    }
    if (open !== undefined) rows.push({ customer, ...open, to: null })
  }
  return rows
}
