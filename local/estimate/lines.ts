/** What a line is about, so that a reader can tell where the money goes. */
export type Part = 'ingest' | 'stream' | 'speed' | 'lake' | 'watch' | 'keys' | 'batch' | 'views' | 'warehouse'

/** One line: what it is, how much of it, in words, and its price in US dollars. */
export type CostLine = {
  readonly part: Part
  readonly item: string
  readonly quantity: string
  readonly dollars: number
}

/** Lines and what they come to. */
export type Bill = { readonly lines: readonly CostLine[]; readonly dollars: number }

/** What is billed: how much of it, in which unit, at which price for one. */
export type Charge = readonly [part: Part, item: string, amount: number, unit: string, price: number]

/** The bill of some charges, each `times` as often; what is not used at all has no line. */
export function billOf(charges: readonly Charge[], times = 1): Bill {
  const lines = charges
    .filter(([, , amount]) => amount > 0)
    .map(([part, item, amount, unit, price]): CostLine => {
      const quantity = `${short(amount * times)} ${unit}`
      return { part, item, quantity, dollars: amount * times * price }
    })
  return { lines, dollars: sum(lines, line => line.dollars) }
}

export function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0)
}

export function roundUp(bytes: number, unit: number): number {
  return Math.ceil(bytes / unit) * unit
}

/** Three digits and a magnitude: `12.3 k`. */
function short(value: number): string {
  for (const [limit, unit] of [
    [1e9, ' G'],
    [1e6, ' M'],
    [1e3, ' k'],
  ] as const)
    if (value >= limit) return `${(value / limit).toPrecision(3)}${unit}`
  return value.toPrecision(3)
}
