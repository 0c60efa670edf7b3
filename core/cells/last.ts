import { keyedCell } from './keyed.ts'

/** Value of the event with the largest (event time, receipt). */
export const last = keyedCell('max')
