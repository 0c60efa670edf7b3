import type { ShownRow } from './row-order.ts'

/** Rows of an answer as JSON, in their order, by what names them: window and group. */
export type RowTexts = ReadonlyMap<string, string>

/** Writes each row once, so that rows are compared and sent as the texts that they are. */
export function rowTexts(rows: readonly ShownRow[]): RowTexts {
  return new Map(
    rows.map(({ window, group, values }) => {
      const name = JSON.stringify({ window, group })
      return [name, `${name.slice(0, -1)},"values":${JSON.stringify(values)}}`]
    }),
  )
}

/** What makes later rows of earlier ones, as JSON. */
export type RowChanges = {
  /** Rows that are new or have other values, each with its place among the later rows, in their order. */
  readonly rows: readonly string[]
  /** Window and group of rows that are there no more. */
  readonly removed: readonly string[]
}

/**
 * Tells earlier rows from later ones. Who takes out of the earlier rows all that are named here, and puts
 * each of `rows` at its place, first to last, has the later ones.
 *
 * @returns undefined where rows that are the same stand in another order: that cannot be said so
 */
export function rowChanges(before: RowTexts, after: RowTexts): RowChanges | undefined {
  const places = new Map([...before.keys()].map((name, place) => [name, place]))
  const rows: string[] = []
  let at = 0
  let last = -1
  for (const [name, text] of after) {
    if (before.get(name) !== text) rows.push(`{"at":${at},${text.slice(1)}`)
    else {
      const place = places.get(name)!
      if (place < last) return undefined
      last = place
    }
    at++
  }
  return { rows, removed: [...before.keys()].filter(name => !after.has(name)) }
}
