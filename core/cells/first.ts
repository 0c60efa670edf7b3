import { keyedCell } from './keyed.ts'

/** Value of the event with the smallest (event time, receipt). */
export const first = keyedCell('min')
