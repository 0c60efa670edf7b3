/** What a metric computes from the events of a group and window. Plain data; made by the functions below. */
export type Measure =
  | { readonly kind: 'count' }
  | { readonly kind: 'sum' | 'min' | 'max' | 'mean' | 'distinct'; readonly field: string }
  | { readonly kind: 'quantile'; readonly field: string; readonly q: number }

/** Number of events. */
export const count = (): Measure => ({ kind: 'count' })
/** Exact decimal sum of a number field; null when no event of the group has a value. */
export const sum = (field: string): Measure => ({ kind: 'sum', field })
/** Smallest value of a number field. */
export const min = (field: string): Measure => ({ kind: 'min', field })
/** Largest value of a number field. */
export const max = (field: string): Measure => ({ kind: 'max', field })
/** Mean over the events that have a value. */
export const mean = (field: string): Measure => ({ kind: 'mean', field })
/** Number of different values, estimated by HyperLogLog: standard error 1.6 %, nearly exact for small numbers. */
export const distinct = (field: string): Measure => ({ kind: 'distinct', field })
/** q-quantile by nearest rank, 0 < q < 1, within 0.5 % of the exact value. */
export const quantile = (field: string, q: number): Measure => ({ kind: 'quantile', field, q })
